import { chainHash, genesisHash, type LogRow } from "../../domain/log/chain.ts";
import type { Sql } from "./sql.ts";
import { removeRows, type Tables } from "./table.ts";

const GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%BEFORE DELETE%'";

/** What is left of a user who is erased. */
export interface Tombstone {
	user: string;
	/** Who asked for it. */
	actor: string;
	erasure: string;
	now: number;
}

/** Whether the shard's user is being erased, or was: then it does nothing any more for anybody, and its name is never opened again. */
export class Erasure {
	readonly #sql: Sql;
	/** A cache of the table, which nothing else writes. */
	#state: "erasing" | "erased" | null;

	constructor(sql: Sql) {
		this.#sql = sql;
		this.#state = this.#read();
	}

	#read() {
		return this.#sql.one<{ state: "erasing" | "erased" }>("SELECT state FROM erasure")?.state ?? null;
	}

	/** Must be called after a transaction was undone. */
	forgetCache(): void {
		this.#state = this.#read();
	}

	get isClosed(): boolean {
		return this.#state !== null;
	}

	get isOver(): boolean {
		return this.#state === "erased";
	}

	begin(now: number): void {
		this.#sql.run("INSERT INTO erasure (one, state, at) VALUES (1, 'erasing', ?) ON CONFLICT DO NOTHING", now);
		this.#state = this.#read();
	}

	/** Removes some rows of each table, for good. Within a transaction, which also brings back what guards the rows. @returns whether all are empty */
	empty(tables: Tables, limit: number): boolean {
		const guards = this.#sql.all<{ name: string; sql: string }>(GUARDS);
		for (const { name } of guards) this.#sql.run(`DROP TRIGGER ${name}`);
		const left = Object.entries(tables).map(([name, table]) => removeRows(this.#sql, name, table, limit));
		for (const { sql } of guards) this.#sql.run(sql);
		return !left.includes(true);
	}

	/** Writes what stays: the one row of a log that begins anew. Within a transaction, when all tables are empty. */
	bury({ user, actor, erasure, now }: Tombstone): void {
		const body = JSON.stringify({ erasure });
		const row: LogRow = { seq: 1, at: now, actor, kind: "shard.erased", subject: user, body };
		this.#sql.run(
			`INSERT INTO log (seq, at, actor, kind, subject, body, hash, ledger_head, attempt_head)
			VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)`,
			row.seq,
			row.at,
			row.actor,
			row.kind,
			row.subject,
			row.body,
			chainHash(genesisHash(user), row),
		);
		this.#sql.run("INSERT OR REPLACE INTO erasure (one, state, at) VALUES (1, 'erased', ?)", now);
		this.#state = "erased";
	}
}
