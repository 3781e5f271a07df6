import type { EventBody } from "../domain/events.ts";

/** The body of any kind that is taken here, before its kind has been looked at. */
type Body = EventBody<"collection.saved"> &
	EventBody<"share.created"> &
	EventBody<"share.redeemed"> &
	EventBody<"share.copied">;

/** What the log says of collections, shares, their uses and copies; the first three by the log row that made them. */
export class SharingReplay {
	readonly collections = new Map<number, Record<string, unknown>>();
	readonly shares = new Map<number, Record<string, unknown> & { uses: number }>();
	readonly grants = new Map<number, Record<string, unknown>>();
	/** By the id of the own quiz. */
	readonly copies = new Map<string, Record<string, unknown>>();
	readonly #rows = new Map<string, number>();

	/** Takes the kinds that it knows; the body is as the kind says, since the shard wrote it. */
	row(kind: string, body: Body, seq: number, at: number): void {
		if (kind === "collection.saved") this.#collection(body, seq, at);
		if (kind === "collection.deleted") this.#deletion(body, at);
		if (kind === "share.created") this.#share(body, seq);
		if (kind === "share.revoked") this.#revocation(body, at);
		if (kind === "share.redeemed") this.#redemption(body, seq, at);
		if (kind === "share.copied") this.#copy(body);
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
