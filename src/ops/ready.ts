import { READY_LIFE_MS, READY_WAIT_MS } from "../domain/limits.ts";
import type { Settings } from "../env.ts";
import { logLine, reason } from "../log-line.ts";
import { readiness } from "./health.ts";

type Parts = Parameters<typeof readiness>[0];
type Readiness = Awaited<ReturnType<typeof readiness>>;

/** What an isolate found when it looked last, and when it last began to look. */
interface Looks {
	found: { readiness: Readiness; at: number } | null;
	looking_since: number;
}

const looks = new WeakMap<object, Looks>();

/**
 * Whether the service is ready, as it was at most READY_LIFE_MS ago: anybody may ask, as often as they like. While one request looks, the
 * others go by what was found before. A look that takes too long has found that the databases do not answer.
 */
export async function recentReadiness(env: Parts, settings: Settings, now: number): Promise<Readiness> {
	const own = looks.get(env) ?? { found: null, looking_since: Number.NEGATIVE_INFINITY };
	looks.set(env, own);
	const { found, looking_since } = own;
	const isFresh = found !== null && Math.abs(now - found.at) < READY_LIFE_MS;
	if (found && (isFresh || Math.abs(now - looking_since) < READY_WAIT_MS)) return found.readiness;
	own.looking_since = now;
	const readiness = await look(env, settings, now);
	own.found = { readiness, at: now };
	own.looking_since = Number.NEGATIVE_INFINITY;
	return readiness;
}

async function look(env: Parts, settings: Settings, now: number): Promise<Readiness> {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<Readiness>((resolve) => {
		timer = setTimeout(() => resolve({ ready: false, reason: "A database does not answer in time." }), READY_WAIT_MS);
	});
	const looking = readiness(env, settings, now).catch((error: unknown): Readiness => {
		logLine("error", { at: "ready", error: reason(error) });
		return { ready: false, reason: "A database does not answer." };
	});
	try {
		return await Promise.race([looking, late]);
	} finally {
		clearTimeout(timer);
	}
}
