import { expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import { z } from "zod";
import { CONFIG } from "../../dev/databases.ts";
import { RATE_CLASSES, RATE_PERIODS_S } from "../../src/domain/rate-limits.ts";

/** What wrangler.toml says in two places, and must say alike. */

const rate = z.object({ limit: z.int().min(1), period: z.literal(RATE_PERIODS_S) });
const rates = z.record(z.enum(RATE_CLASSES), rate);

/** The bindings' schema is newer than the type that wrangler gives of what it has read. */
const bindings = z.array(z.object({ name: z.string(), namespace_id: z.string(), simple: rate }));

function configOf(env: string | undefined) {
	const { vars, observability, ratelimits } = unstable_readConfig({
		config: CONFIG,
		...(env !== undefined && { env }),
	});
	return { vars, observability, ratelimits: bindings.parse(ratelimits) };
}

test.each(["staging", "production"])(
	"%s limits each class by a binding that has the number that answers name",
	(env) => {
		const { vars, ratelimits } = configOf(env);
		const bound = Object.fromEntries(ratelimits.map(({ name, simple }) => [name, simple]));
		const named = Object.entries(rates.parse(vars.RATE_LIMITS)).map(([name, each]) => [
			`RATE_${name.toUpperCase().replaceAll("-", "_")}`,
			each,
		]);
		expect(bound).toEqual(Object.fromEntries(named));
	},
);

test("no two bindings count together", () => {
	const ids = ["staging", "production"].flatMap((env) => configOf(env).ratelimits.map((each) => each.namespace_id));
	expect(new Set(ids).size).toBe(2 * RATE_CLASSES.length);
});

test("every class is limited locally, by the isolate", () => {
	const { vars, ratelimits } = configOf(undefined);
	expect(Object.keys(rates.parse(vars.RATE_LIMITS)).sort()).toEqual([...RATE_CLASSES].sort());
	expect(ratelimits).toEqual([]);
});

test.each([undefined, "staging", "production"])(
	"the platform drops no log line of %s, by either of its two rates",
	(env) => {
		const { observability } = configOf(env);
		expect([observability?.head_sampling_rate ?? 1, observability?.logs?.head_sampling_rate ?? 1]).toEqual([1, 1]);
	},
);
