import { createHash } from "node:crypto";

/** One row of a shard's log, without its hash. `body` is JSON text. */
export interface LogRow {
	seq: number;
	at: number;
	actor: string;
	kind: string;
	subject: string;
	body: string;
}

/** What the first row of a shard's chain builds on; it binds the chain to its user. 32 bytes. */
export function genesisHash(user: string): Uint8Array {
	return createHash("sha256").update(`marksheet log 1 ${user}`).digest();
}

/** `SHA-256(previous hash ‖ canonical row)`, 32 bytes; the canonical row is the JSON array of its six columns in order. */
export function chainHash(previous: Uint8Array, row: LogRow): Uint8Array {
	const canonical = JSON.stringify([row.seq, row.at, row.actor, row.kind, row.subject, row.body]);
	return createHash("sha256").update(previous).update(canonical).digest();
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
