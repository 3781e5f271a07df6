import { SHARD_RETRY_PAUSE_MS_MAX } from "../domain/limits.ts";
import { placementOf } from "../domain/people/placement.ts";
import { platformFault } from "../domain/platform-faults.ts";
import { logLine, reason, word } from "../log-line.ts";
import type { UserShard } from "../shard/user-shard.ts";

export type Stub = DurableObjectStub<UserShard>;
type Method = (...args: unknown[]) => Promise<unknown>;

type Named = Pick<Env, "SHARDS" | "ENVIRONMENT">;

/** Which object is a user's, or a tenant's own: nothing else in the code names one. The local runtime has no jurisdictions. */
export function objectOf({ SHARDS, ENVIRONMENT }: Named, id: string): Stub {
	const { jurisdiction, region } = placementOf(id);
	const there = jurisdiction === null || ENVIRONMENT === "local" ? SHARDS : SHARDS.jurisdiction(jurisdiction);
	return region === null ? there.getByName(id) : there.getByName(id, { locationHint: region });
}

/**
 * The object of a user. Each call is made through a stub of its own, since an error can leave a stub broken. Where calls may be
 * repeated, one that fails for a moment's trouble of the platform is made once more after a short pause.
 * @param repeatable a second call changes nothing more than the first: it only reads, or its Idempotency-Key makes it one
 */
export function shardOf(env: Named, user: string, repeatable: boolean): Stub {
	// What the platform's stub is to its caller: whatever method of whatever capability is named, with a promise of its result.
	const call = (capability: string, method: string, args: unknown[]) => {
		const stub = objectOf(env, user) as unknown as Record<string, Record<string, Method>>;
		const calls = stub[capability];
		const named = calls?.[method];
		if (named === undefined) throw new Error(`a shard has no method ${capability}.${method}`);
		return Reflect.apply(named, calls, args);
	};
	const repeated = async (capability: string, method: string, args: unknown[]) => {
		try {
			return await call(capability, method, args);
		} catch (error) {
			if (!repeatable || !platformFault(error)?.again) throw error;
			const again = `${capability}.${method}`;
			logLine("warn", { at: "shard", again: word(again), user: word(user), error: reason(error) });
			await new Promise((resolve) => setTimeout(resolve, Math.random() * SHARD_RETRY_PAUSE_MS_MAX));
			return call(capability, method, args);
		}
	};
	const calls = (capability: string) =>
		byName(
			(method) =>
				(...args: unknown[]) =>
					repeated(capability, method, args),
		);
	return byName(calls) as unknown as Stub;
}

/** An object that has a property of every name. */
const byName = (property: (name: string) => unknown): object =>
	new Proxy({}, { get: (_, name) => property(String(name)) });
