import type { Context } from "hono";
import { IDEMPOTENCY_KEY_CHARS_MAX } from "../../domain/limits.ts";
import type { HonoEnv } from "../../env.ts";
import { invalid } from "./problem.ts";

/** The key of a POST; other methods are repeatable as they are. @throws ProblemError `invalid-request` */
export function idempotencyKey(c: Context<HonoEnv>): string | undefined {
	const key = c.req.header("Idempotency-Key");
	if (key === undefined || c.req.method !== "POST") return undefined;
	if (key.length > IDEMPOTENCY_KEY_CHARS_MAX || !/^[\x21-\x7e]+$/.test(key)) {
		const detail = `Must be 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} visible ASCII characters.`;
		throw invalid("The Idempotency-Key is not valid.", [{ in: "header", pointer: "/Idempotency-Key", detail }]);
	}
	return key;
}
