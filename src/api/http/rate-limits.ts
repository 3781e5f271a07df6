import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { LRUCache } from "lru-cache";
import { ADDRESS_CHARS_MAX, RATE_COUNTS_ENTRIES_MAX, RATE_FAILURES_TOLD_MS } from "../../domain/limits.ts";
import {
	keptNetwork,
	networkOf,
	operationClass,
	policyOf,
	type Rate,
	type RateClass,
} from "../../domain/rate-limits.ts";
import { type HonoEnv, ratesOf } from "../../env.ts";
import { logLine, reason, word } from "../../log-line.ts";
import { isAnonymous } from "../../service/principal.ts";
import { ProblemError } from "./problem.ts";

/**
 * Limits of requests. The platform counts, by a binding for each class, in each of its locations and about right: a brake on abuse,
 * and no account. What must be exact is counted in a shard. Where there is no binding, as locally, or it fails, the isolate counts for itself.
 */

/** What the isolate has counted: of a class and a key, in a period that began at a multiple of its length. */
const counts = new LRUCache<string, { began_at: number; count: number }>({ max: RATE_COUNTS_ENTRIES_MAX });

/** @param env whose RATE_LIMITS say the rate, for a class that is limited at all */
export async function isWithinRate(env: Env, rateClass: RateClass, key: string, now: number): Promise<boolean> {
	const rate = ratesOf(env)[rateClass];
	if (rate === undefined) return true;
	return (await byPlatform(env, rateClass, key, now)) ?? byIsolate(rateClass, key, rate, now);
}

/** Null where there is no binding, or it does not answer. */
async function byPlatform(env: Env, rateClass: RateClass, key: string, now: number): Promise<boolean | null> {
	const limiter = env[LIMITERS[rateClass]];
	if (!limiter) return null;
	try {
		return (await limiter.limit({ key })).success;
	} catch (error) {
		if (now - told_at >= RATE_FAILURES_TOLD_MS) {
			told_at = now;
			logLine("error", { at: "rate limit", class: word(rateClass), error: reason(error) });
		}
		return null;
	}
}

let told_at = Number.NEGATIVE_INFINITY;

/** The bindings, which only deployments have. */
const LIMITERS = {
	address: "RATE_ADDRESS",
	"failed-credentials": "RATE_FAILED_CREDENTIALS",
	"sign-ins": "RATE_SIGN_INS",
	"sign-ins-of-one": "RATE_SIGN_INS_OF_ONE",
	basic: "RATE_BASIC",
	standard: "RATE_STANDARD",
	high: "RATE_HIGH",
	searches: "RATE_SEARCHES",
	imports: "RATE_IMPORTS",
	publications: "RATE_PUBLICATIONS",
	"share-codes": "RATE_SHARE_CODES",
} as const satisfies Record<RateClass, keyof Env>;

function byIsolate(rateClass: RateClass, key: string, { limit, period }: Rate, now: number): boolean {
	const name = `${rateClass} ${key}`;
	const began_at = now - (now % (period * 1_000));
	const known = counts.get(name);
	const count = known?.began_at === began_at ? known.count + 1 : 1;
	counts.set(name, { began_at, count });
	return count <= limit;
}

/** Has the answer say that the request is limited so. */
function say(c: Context<HonoEnv>, rateClass: RateClass, rate: Rate): void {
	const policies = c.get("rate_policies");
	const policy = policyOf(rateClass, rate);
	c.set("rate_policies", policies === undefined ? policy : `${policies}, ${policy}`);
}

/**
 * Counts the request in a class.
 * @throws ProblemError `rate-limited`
 */
async function count(c: Context<HonoEnv>, rateClass: RateClass, key: string): Promise<void> {
	const rate = ratesOf(c.env)[rateClass];
	if (!rate) return;
	say(c, rateClass, rate);
	if (!(await isWithinRate(c.env, rateClass, key, c.get("now")))) throw tooMany(rateClass, rate, c.get("now"));
}

/** The platform tells neither what is left nor when its period ends; a whole period later it has. */
export function tooMany(rateClass: RateClass, { limit, period }: Rate, now: number): ProblemError {
	const members = { rule: rateClass, limit, period_s: period, retry_at: now + period * 1_000 };
	const headers = { RateLimit: `"${rateClass}";r=0`, "Retry-After": String(period) };
	return new ProblemError("rate-limited", `More than ${limit} in ${period} s.`, members, headers);
}

/**
 * Counts what hashes a password, tries a code or writes a mail, before it does: for the address of the network, and for the person.
 * @param person a keyed hash of an address, or the id of an account; null where nobody is named
 */
export async function limitSignIn(c: Context<HonoEnv>, person: string | null): Promise<void> {
	const address = addressOf(c);
	if (address !== null) await count(c, "sign-ins", address);
	if (person !== null) await count(c, "sign-ins-of-one", person);
}

/** What is kept of where a request comes from; null where nothing is. */
export function networkKept(c: Context<HonoEnv>): string | null {
	const address = c.req.header("CF-Connecting-IP");
	return address === undefined ? null : keptNetwork(address.slice(0, ADDRESS_CHARS_MAX));
}

/** Null for a call that did not come over the network: another Worker's, which is bound to this one. */
export function addressOf(c: Context<HonoEnv>): string | null {
	const address = c.req.header("CF-Connecting-IP");
	return address === undefined ? null : networkOf(address.slice(0, ADDRESS_CHARS_MAX));
}

/** Before anything else is known of a request. */
export const limitAddress = createMiddleware<HonoEnv>(async function limitAddress(c, next) {
	const address = addressOf(c);
	if (address !== null) await count(c, "address", address);
	await next();
});

/** Once it is known who calls: the principal's own class, and that of the operation if it has one. */
export const limitPrincipal = createMiddleware<HonoEnv>(async function limitPrincipal(c, next) {
	const principal = c.get("principal");
	const { tenant, subject, actor, rate_class } = principal;
	const key = isAnonymous(principal) ? `anonymous ${actor}` : `${tenant} ${subject}`;
	await count(c, rate_class, key);
	const operation = operationClass(c.req.method, c.req.path, (name) => c.req.query(name));
	if (operation !== null) await count(c, operation, key);
	await next();
});

/** Addresses that have sent too many bad credentials, and until when nothing of them is verified that is not known to be good. */
const refused = new LRUCache<string, number>({ max: RATE_COUNTS_ENTRIES_MAX });

/** @throws ProblemError `rate-limited` for an address that has sent too many bad credentials; before another one is looked at */
export function refuseBadAddress(c: Context<HonoEnv>): void {
	const address = addressOf(c);
	const rate = ratesOf(c.env)["failed-credentials"];
	if (address === null || !rate || (refused.get(address) ?? 0) <= c.get("now")) return;
	say(c, "failed-credentials", rate);
	throw tooMany("failed-credentials", rate, c.get("now"));
}

/**
 * Counts a credential that nobody has issued. One that has only expired is not such: a client may have forgotten it in a loop.
 * @throws ProblemError `rate-limited`
 */
export async function countBadCredential(c: Context<HonoEnv>): Promise<void> {
	const address = addressOf(c);
	const rate = ratesOf(c.env)["failed-credentials"];
	if (address === null || !rate) return;
	try {
		await count(c, "failed-credentials", address);
	} catch (error) {
		refused.set(address, c.get("now") + rate.period * 1_000);
		throw error;
	}
}
