import { DurableObject, RpcTarget } from "cloudflare:workers";
import type { UserShard } from "../../src/index.ts";
import { AttemptsCalls } from "../../src/shard/attempts/calls.ts";
import { CreditsCalls } from "../../src/shard/credits/calls.ts";
import { LogCalls } from "../../src/shard/log/calls.ts";
import { MediaCalls } from "../../src/shard/media/calls.ts";
import { ErasureCalls } from "../../src/shard/privacy/erasure-calls.ts";
import { ExportCalls } from "../../src/shard/privacy/export-calls.ts";
import { RetentionCalls } from "../../src/shard/privacy/retention-calls.ts";
import { QuizzesCalls } from "../../src/shard/quizzes/calls.ts";
import { VersionsCalls } from "../../src/shard/quizzes/version-calls.ts";
import { ReactionsCalls } from "../../src/shard/reactions/calls.ts";
import { SharesCalls } from "../../src/shard/sharing/calls.ts";
import { CollectionsCalls } from "../../src/shard/sharing/collection-calls.ts";
import { AuditCalls } from "../../src/shard/tenants/calls.ts";

/** The getters of the object behind which there are calls. */
export type Capability = Exclude<keyof UserShard, keyof DurableObject>;

const CALLS = {
	attempts: AttemptsCalls,
	audit: AuditCalls,
	collections: CollectionsCalls,
	credits: CreditsCalls,
	erasure: ErasureCalls,
	exports: ExportCalls,
	log: LogCalls,
	media: MediaCalls,
	quizzes: QuizzesCalls,
	reactions: ReactionsCalls,
	retention: RetentionCalls,
	shares: SharesCalls,
	versions: VersionsCalls,
} satisfies Record<Capability, { prototype: RpcTarget }>;

type Method = (...args: unknown[]) => unknown;

/**
 * Lets tests name a capability on the way to a call, as outside of tests: `stub.credits.balance(…)`. In tests there is a stand-in of
 * the plugin between stub and object. It gives every property as a function that is a promise too, and the runtime looks for
 * nothing on functions. So all objects get the capabilities, as targets that hand each call on to what the stand-in promises.
 */
export function nameCapabilities(): void {
	for (const [name, { prototype }] of Object.entries(CALLS)) {
		const methods = Object.getOwnPropertyNames(prototype).filter((method) => method !== "constructor");
		// The stand-in looks here first; then it gives what the object has under this name.
		let isLookedUp = false;
		const get = function (this: Record<string, Promise<Record<string, Method>>>) {
			if (isLookedUp) return undefined;
			isLookedUp = true;
			const calls = this[name];
			isLookedUp = false;
			return new (targetOf(methods))(async (method, args) => (await calls)?.[method]?.(...args));
		};
		Object.defineProperty(DurableObject.prototype, name, { configurable: true, get });
	}
}

/** A class whose methods, by these names, all do the same. */
function targetOf(methods: readonly string[]) {
	class Target extends RpcTarget {
		readonly #call: (method: string, args: unknown[]) => unknown;

		constructor(call: (method: string, args: unknown[]) => unknown) {
			super();
			this.#call = call;
		}

		static named(method: string): Method {
			return function (this: Target, ...args) {
				return this.#call(method, args);
			};
		}
	}
	for (const method of methods) Object.defineProperty(Target.prototype, method, { value: Target.named(method) });
	return Target;
}
