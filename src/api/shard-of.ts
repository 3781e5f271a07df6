import type { Context } from "hono";
import { SHARD_RETRY_PAUSE_MS_MAX } from "../domain/limits.ts";
import { platformFault } from "../domain/platform-faults.ts";
import type { HonoEnv } from "../env.ts";
import type { UserShard } from "../index.ts";

type Stub = DurableObjectStub<UserShard>;
type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * The object of a user. Each call is made through a stub of its own, since an error can leave a stub broken. Where calls may be
 * repeated, one that fails for a moment's trouble of the platform is made once more after a short pause.
 * @param repeatable a second call changes nothing more than the first: it only reads, or its Idempotency-Key makes it one
 */
export function shardOf({ SHARDS }: Pick<Env, "SHARDS">, user: string, repeatable: boolean): Stub {
	// What the platform's stub is to its caller: whatever method is named, with a promise of its result.
	const call = (name: string, args: unknown[]) => {
		const stub = SHARDS.getByName(user) as unknown as Record<string, Method>;
		const method = stub[name];
		if (method === undefined) throw new Error(`a shard has no method ${name}`);
		return Reflect.apply(method, stub, args);
	};
	const repeated = async (name: string, args: unknown[]) => {
		try {
			return await call(name, args);
		} catch (error) {
			if (!repeatable || !platformFault(error)?.again) throw error;
			console.warn(JSON.stringify({ at: "shard", again: name, user, error: String(error) }));
			await new Promise((resolve) => setTimeout(resolve, Math.random() * SHARD_RETRY_PAUSE_MS_MAX));
			return call(name, args);
		}
	};
	const methods = new Proxy(
		{},
		{
			get:
				(_, name) =>
				(...args: unknown[]) =>
					repeated(String(name), args),
		},
	);
	return methods as unknown as Stub;
}

/** Whether what a request does may be done twice: it is a read, or has the key by which a shard knows it again. */
export const isRepeatable = ({ req }: Context<HonoEnv>): boolean =>
	req.method === "GET" ||
	req.method === "HEAD" ||
	(req.method === "POST" && req.header("Idempotency-Key") !== undefined);
