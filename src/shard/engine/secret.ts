import { createHmac } from "node:crypto";
import type { Sql } from "./sql.ts";

const NONCE_HEX_DIGITS = 32;

/** The shard's own secret: random, made by the migration, and in no answer and no log. */
export class Secret {
	readonly #sql: Sql;

	constructor(sql: Sql) {
		this.#sql = sql;
	}

	/** 128 bits in hex that are always the same for this text, and that nobody can tell who does not have the secret. */
	nonce(of: string): string {
		const row = this.#sql.one<{ value: ArrayBuffer }>("SELECT value FROM secret WHERE one = 1");
		if (!row) throw new Error("the shard has no secret");
		return createHmac("sha256", new Uint8Array(row.value)).update(of).digest("hex").slice(0, NONCE_HEX_DIGITS);
	}
}
