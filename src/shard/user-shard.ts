import { DurableObject } from "cloudflare:workers";
import type { Message } from "../domain/log/events.ts";
import { AttemptsCalls } from "./attempts/calls.ts";
import { CreditsCalls } from "./credits/calls.ts";
import { migrate } from "./engine/migrate.ts";
import type { Replication } from "./engine/replicator.ts";
import { Runner } from "./engine/runner.ts";
import { LogCalls } from "./log/calls.ts";
import { MediaCalls } from "./media/calls.ts";
import { ErasureCalls } from "./privacy/erasure-calls.ts";
import { ExportCalls } from "./privacy/export-calls.ts";
import { RetentionCalls } from "./privacy/retention-calls.ts";
import { QuizzesCalls } from "./quizzes/calls.ts";
import { VersionsCalls } from "./quizzes/version-calls.ts";
import { ReactionsCalls } from "./reactions/calls.ts";
import { SharesCalls } from "./sharing/calls.ts";
import { CollectionsCalls } from "./sharing/collection-calls.ts";
import { AuditCalls } from "./tenants/calls.ts";

/** What a shard must be given of the world around it. */
export interface Surroundings {
	replication: Replication;
	/** Gives the code of the share with this id. */
	codeOf: (share: string) => string;
}

interface ShardEnv {
	LOG_QUEUE: Queue<Message>;
}

/**
 * The shard of one user: the only writer of what belongs to that user. Every command is one synchronous transaction that
 * changes state and appends to the log; it never awaits anything. Expected refusals are values, a throw is a bug. What a
 * capability can be asked is behind its getter, which a caller names on the way to the call: `stub.credits.reserve(…)` is one call.
 */
export class UserShard extends DurableObject<ShardEnv> {
	private readonly run: Runner;
	readonly #codeOf: Surroundings["codeOf"];

	constructor(ctx: DurableObjectState, env: ShardEnv, { replication, codeOf }: Surroundings) {
		super(ctx, env);
		migrate(ctx.storage);
		this.run = new Runner(ctx, (message) => env.LOG_QUEUE.send(message), replication);
		this.#codeOf = codeOf;
	}

	override alarm(): Promise<void> {
		return this.run.alarm();
	}

	get attempts() {
		return new AttemptsCalls(this.run);
	}

	get credits() {
		return new CreditsCalls(this.run);
	}

	get quizzes() {
		return new QuizzesCalls(this.run);
	}

	get versions() {
		return new VersionsCalls(this.run);
	}

	get media() {
		return new MediaCalls(this.run);
	}

	get collections() {
		return new CollectionsCalls(this.run);
	}

	get shares() {
		return new SharesCalls(this.run, this.#codeOf);
	}

	get reactions() {
		return new ReactionsCalls(this.run);
	}

	get audit() {
		return new AuditCalls(this.run);
	}

	get erasure() {
		return new ErasureCalls(this.run);
	}

	get exports() {
		return new ExportCalls(this.run);
	}

	get retention() {
		return new RetentionCalls(this.run);
	}

	get log() {
		return new LogCalls(this.run);
	}
}
