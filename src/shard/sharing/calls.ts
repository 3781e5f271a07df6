import { RpcTarget } from "cloudflare:workers";
import type { Image } from "../../domain/media/media.ts";
import type { QuizContent } from "../../domain/quizzes/quiz.ts";
import { notFound, type Outcome } from "../../domain/result.ts";
import type { Access, ShareTerms } from "../../domain/sharing/shares.ts";
import type { Reply } from "../engine/requests.ts";
import type { Call, Runner } from "../engine/runner.ts";
import { reviseQuiz } from "../quizzes/draft-commands.ts";
import { publicationOf } from "../quizzes/life-commands.ts";
import type { CopyOrigin } from "./copies.ts";
import { copyQuiz } from "./copy-commands.ts";
import * as shares from "./share-commands.ts";

/** Who calls a shard that is somebody else's, by a share. Made from the verified principal at the boundary. */
export interface Visit {
	visitor: string;
	/** The visitor's. */
	tenant: string;
	now: number;
	request_id: string;
	idempotency_key?: string | undefined;
}

/** What a shard does with shares: for its owner by a `Call`, and for those who have them by a `Visit`. */
export class SharesCalls extends RpcTarget {
	readonly #run: Runner;
	readonly #codeOf: (share: string) => string;

	/** @param codeOf gives the code of the share with this id */
	constructor(run: Runner, codeOf: (share: string) => string) {
		super();
		this.#run = run;
		this.#codeOf = codeOf;
	}

	create(call: Call, quiz: string, terms: ShareTerms) {
		return this.#run.command(call, "shares.create", { quiz, ...terms }, (unit) =>
			shares.createShare(unit, quiz, terms, this.#codeOf),
		);
	}

	revoke(call: Call, quiz: string, id: string) {
		return this.#run.command(call, "shares.revoke", { quiz, id }, (unit) => shares.revokeShare(unit, quiz, id));
	}

	/** Null where there is no such quiz. */
	list(call: Call, quiz: string, before: number, limit: number) {
		return this.#run.read(call, (unit) => {
			if (!unit.quizzes.head(quiz)) return null;
			const rows = unit.shares.list(quiz, before, limit);
			return rows.map(({ seq, share }) => ({ seq, share: shares.ownShare(share, unit.now) }));
		});
	}

	/** In the shard of whom a share let make a copy; `origin` is what the owner's shard said. */
	copy(call: Call, share: string, origin: CopyOrigin, version_number: number, content: QuizContent, images: Image[]) {
		return this.#run.command(call, "shares.copy", { share, version_number, origin: { ...origin } }, (unit) =>
			copyQuiz(unit, share, origin, version_number, content, images),
		);
	}

	/** The copy that this share let the user make, if it is made. */
	copyBy(call: Call, share: string) {
		return this.#run.read(call, (unit) => unit.copies.byShare(share));
	}

	offer(visit: Visit, id: string, code_hash: string) {
		return this.#read(visit, notFound("share"), (call) =>
			this.#run.read(call, (unit) => shares.offerOf(unit, visit, id, code_hash)),
		);
	}

	redeem(visit: Visit, id: string, code_hash: string) {
		return this.#command(visit, (call) =>
			this.#run.command(call, "shares.redeem", { id, code_hash }, (unit) =>
				shares.redeemShare(unit, visit, id, code_hash),
			),
		);
	}

	/** Whether the visitor has one of these accesses to the quiz now. */
	lets(visit: Visit, quiz: string, accesses: readonly Access[]): boolean {
		return this.#read(visit, false, (call) =>
			this.#run.read(call, (unit) => shares.givesNow(unit, visit, quiz, accesses)),
		);
	}

	/** What is published, for a visitor who has one of these accesses to it now. */
	publication(visit: Visit, quiz: string, accesses: readonly Access[]) {
		return this.#read(visit, null, (call) =>
			this.#run.read(call, (unit) => (shares.givesNow(unit, visit, quiz, accesses) ? publicationOf(unit, quiz) : null)),
		);
	}

	/** The draft, for a visitor who may edit it. */
	draft(visit: Visit, quiz: string) {
		return this.#read(visit, null, (call) =>
			this.#run.read(call, (unit) => (shares.givesNow(unit, visit, quiz, ["edit"]) ? unit.quizzes.get(quiz) : null)),
		);
	}

	/** Changes the draft, for a visitor who may edit it. */
	revise(visit: Visit, quiz: string, etag: string, content: QuizContent) {
		return this.#command(visit, (call) =>
			this.#run.command(call, "quizzes.revise", { id: quiz, etag, content }, (unit) =>
				shares.givesNow(unit, visit, quiz, ["edit"]) ? reviseQuiz(unit, quiz, etag, content) : notFound("quiz"),
			),
		);
	}

	/** A shard that nobody has opened belongs to nobody, and has nothing for visitors. */
	#command<T>(visit: Visit, run: (call: Call) => Reply<T>): Reply<T> {
		const call = this.#callOf(visit);
		const nothing: Outcome<T> = notFound("share");
		return call ? run(call) : { outcome: nothing, seq: 0, replayed: false };
	}

	#read<T>(visit: Visit, nothing: T, run: (call: Call) => T | null): T {
		const call = this.#callOf(visit);
		return (call && run(call)) ?? nothing;
	}

	/** The visitor acts in the owner's shard. */
	#callOf({ visitor, ...visit }: Visit): Call | null {
		const owner = this.#run.stores.log.owner();
		if (!owner) return null;
		return { ...visit, user: owner.user_id, tenant: owner.tenant_id, actor: visitor, visiting: true };
	}
}
