import type { EventBody, LogEvent } from "../domain/events.ts";
import type { SharingKind } from "../domain/sharing-events.ts";
import { unreachable } from "../domain/unreachable.ts";

/** What the log says of collections, shares, their uses and copies; the first three by the log row that made them. */
export class SharingReplay {
	readonly collections = new Map<number, Record<string, unknown>>();
	readonly shares = new Map<number, Record<string, unknown> & { uses: number }>();
	readonly grants = new Map<number, Record<string, unknown>>();
	/** By the id of the own quiz. */
	readonly copies = new Map<string, Record<string, unknown>>();
	readonly #rows = new Map<string, number>();

	row({ kind, body, seq, at }: LogEvent<SharingKind>): void {
		switch (kind) {
			case "collection.saved":
				this.#collection(body, seq, at);
				break;
			case "collection.deleted":
				this.#deletion(body, at);
				break;
			case "share.created":
				this.#share(body, seq);
				break;
			case "share.redeemed":
				this.#redemption(body, seq, at);
				break;
			case "share.revoked":
				this.#revocation(body, at);
				break;
			case "share.copied":
				this.#copy(body);
				break;
			default:
				unreachable(kind);
		}
	}

	/** The row of what has this id: the first one that named it. */
	#rowOf(id: string, seq: number): number {
		const row = this.#rows.get(id) ?? seq;
		this.#rows.set(id, row);
		return row;
	}

	#collection({ collection: id, quizzes, ...body }: EventBody<"collection.saved">, seq: number, at: number): void {
		const row = this.#rowOf(id, seq);
		this.collections.set(row, { id, ...body, quizzes: JSON.stringify(quizzes), updated_at: at, deleted_at: null });
	}

	#deletion({ collection }: EventBody<"collection.deleted">, at: number): void {
		const row = this.#rowOf(collection, 0);
		this.collections.set(row, { ...this.collections.get(row), updated_at: at, deleted_at: at });
	}

	#share({ share: id, ...body }: EventBody<"share.created">, seq: number): void {
		this.shares.set(this.#rowOf(id, seq), { id, ...body, uses: 0, revoked_at: null });
	}

	#revocation({ share }: EventBody<"share.revoked">, at: number): void {
		Object.assign(this.shares.get(this.#rowOf(share, 0)) ?? {}, { revoked_at: at });
	}

	#redemption({ share: id, quiz, grantee, ...body }: EventBody<"share.redeemed">, seq: number, at: number): void {
		const row = this.#rowOf(id, 0);
		const share = this.shares.get(row);
		if (share) share.uses++;
		const { tenant = null, version, version_number } = body;
		this.grants.set(seq, { share: row, quiz, grantee, tenant, version, version_number, at });
	}

	#copy({ share, quiz, origin }: EventBody<"share.copied">): void {
		for (const [earlier, copy] of this.copies) if (copy.share === share) this.copies.delete(earlier);
		const { quiz: origin_quiz, version: origin_version, owner: origin_owner } = origin;
		this.copies.set(quiz, { share, origin_quiz, origin_version, origin_owner });
	}
}
