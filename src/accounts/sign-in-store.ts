import { idOfHash, type TokenTable } from "../domain/sign-in/tokens.ts";
import { changesOf } from "./sessions.ts";
import type { Writes } from "./writes.ts";

/**
 * The tables of signing in as a library reads and writes them: rows by conditions that are all to hold. Names are checked against the columns
 * below, values are always bound.
 */

const COLUMNS = {
	accounts: [
		"id",
		"email",
		"email_verified",
		"name",
		"image",
		"two_factor_enabled",
		"created_at",
		"updated_at",
		"deleted_at",
	],
	credentials: ["id", "account_id", "provider", "subject", "password", "created_at", "updated_at"],
	sessions: ["id", "account_id", "hash", "network", "user_agent", "created_at", "updated_at", "expires_at"],
	verifications: ["id", "hash", "value", "created_at", "updated_at", "expires_at"],
	second_factors: ["id", "account_id", "secret", "backup_codes", "verified", "failures", "locked_until"],
} as const;
export type SignInTable = keyof typeof COLUMNS;

export type Value = string | number | null;
export type Row = Record<string, Value>;

const OPERATORS = { eq: "=", ne: "<>", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;

export interface Condition {
	field: string;
	operator: string;
	value: Value | Value[];
}

/** Rows of another table that belong to one that was found. */
export interface Joined {
	table: SignInTable;
	/** The column of the one that was found, and of the other table. */
	from: string;
	to: string;
	limit: number;
}

export class SignInStore {
	readonly #db: D1Database;
	readonly #writes: Writes;

	/** @param writes new rows wait there, and are committed together */
	constructor(db: D1Database, writes: Writes) {
		this.#db = db;
		this.#writes = writes;
	}

	/** A row that waits to be committed. @returns it as it will be read */
	create(table: SignInTable, given: Row): Row {
		const row = isTokenTable(table) ? { ...given, id: idOfHash(table, String(given.hash)) } : given;
		const names = Object.keys(row).map((name) => column(table, name));
		const places = names.map(() => "?").join(", ");
		const query = `INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`;
		this.#writes.add(this.#db.prepare(query).bind(...Object.values(row)));
		return row;
	}

	/** At most one row, and those of another table that belong to it, in one transaction. */
	async findOne(
		table: SignInTable,
		where: Condition[],
		joined: Joined | null,
	): Promise<{ row: Row; others: Row[] } | null> {
		await this.#writes.commit();
		const { text, values } = whereOf(table, where);
		const one = this.#db.prepare(`SELECT ${COLUMNS[table].join(", ")} FROM ${table} ${text} LIMIT 1`).bind(...values);
		if (!joined) {
			const row = await one.first<Row>();
			return row ? { row, others: [] } : null;
		}
		const { table: other, from, to, limit } = joined;
		const found = `SELECT ${column(table, from)} FROM ${table} ${text} LIMIT 1`;
		const isThere = other === "accounts" ? "AND deleted_at IS NULL" : "";
		const belonging = this.#db
			.prepare(
				`SELECT ${COLUMNS[other].join(", ")} FROM ${other} WHERE ${column(other, to)} = (${found}) ${isThere} LIMIT ${limit}`,
			)
			.bind(...values);
		const [rows, others] = await this.#db.batch<Row>([one, belonging]);
		const [row] = rows?.results ?? [];
		return row ? { row, others: others?.results ?? [] } : null;
	}

	async findMany(
		table: SignInTable,
		where: Condition[],
		limit: number,
		sortBy: { field: string; direction: "asc" | "desc" } | null,
	): Promise<Row[]> {
		await this.#writes.commit();
		const { text, values } = whereOf(table, where);
		const order = sortBy
			? `ORDER BY ${column(table, sortBy.field)} ${sortBy.direction === "desc" ? "DESC" : "ASC"}`
			: "";
		const query = `SELECT ${COLUMNS[table].join(", ")} FROM ${table} ${text} ${order} LIMIT ?`;
		return (
			await this.#db
				.prepare(query)
				.bind(...values, limit)
				.all<Row>()
		).results;
	}

	async count(table: SignInTable, where: Condition[]): Promise<number> {
		await this.#writes.commit();
		const { text, values } = whereOf(table, where);
		const count = await this.#db
			.prepare(`SELECT count(*) AS n FROM ${table} ${text}`)
			.bind(...values)
			.first<number>("n");
		return count ?? 0;
	}

	/** @param increment what is added to columns, beside what they are set to @returns the first of the rows as they are now */
	async update(
		table: SignInTable,
		where: Condition[],
		set: Row,
		increment: Record<string, number> = {},
	): Promise<{ row: Row | null; count: number }> {
		await this.#writes.commit();
		const { text, values } = whereOf(table, where);
		const changes = [
			...Object.keys(set).map((name) => `${column(table, name)} = ?`),
			...Object.keys(increment).map((name) => `${column(table, name)} = coalesce(${name}, 0) + ?`),
		];
		const query = `UPDATE ${table} SET ${changes.join(", ")} ${text} RETURNING ${COLUMNS[table].join(", ")}`;
		const bound = [...Object.values(set), ...Object.values(increment), ...values];
		const { results } = await this.#db
			.prepare(query)
			.bind(...bound)
			.all<Row>();
		return { row: results[0] ?? null, count: results.length };
	}

	/** Isolates are told of sessions that end: tokens that were given for them end with them. @returns the first of the rows as they were */
	async remove(table: SignInTable, where: Condition[], now: number): Promise<{ row: Row | null; count: number }> {
		const { text, values } = whereOf(table, where);
		const removal = `DELETE FROM ${table} ${text} RETURNING ${COLUMNS[table].join(", ")}`;
		const removed = this.#db.prepare(removal).bind(...values);
		const told = table === "sessions" ? [changesOf(this.#db, text, values, now)] : [];
		const batch = await this.#db.batch<Row>([...this.#writes.taken(), ...told, removed]);
		const rows = batch.at(-1)?.results ?? [];
		return { row: rows[0] ?? null, count: rows.length };
	}
}

const isTokenTable = (table: SignInTable): table is SignInTable & TokenTable =>
	table === "sessions" || table === "verifications";

/** @throws for a name that is no column, which would be SQL */
function column(table: SignInTable, name: string): string {
	const names: readonly string[] = COLUMNS[table];
	if (!names.includes(name)) throw new Error(`${table} has no column ${name}`);
	return name;
}

function whereOf(table: SignInTable, where: Condition[]): { text: string; values: Value[] } {
	const all = where.flatMap((condition) => withId(table, condition));
	if (table === "accounts") all.push({ field: "deleted_at", operator: "eq", value: null });
	if (all.length === 0) throw new Error(`every row of ${table} was asked for`);
	const parts = all.map(({ field, operator, value }) => termOf(column(table, field), operator, value));
	return {
		text: `WHERE ${parts.map(({ text }) => text).join(" AND ")}`,
		values: parts.flatMap(({ values }) => values),
	};
}

/** A hash is found by the id that is derived of it. */
function withId(table: SignInTable, condition: Condition): Condition[] {
	const { field, operator, value } = condition;
	if (!isTokenTable(table) || field !== "hash" || operator !== "eq") return [condition];
	return [{ field: "id", operator, value: idOfHash(table, String(value)) }, condition];
}

function termOf(name: string, operator: string, value: Value | Value[]): { text: string; values: Value[] } {
	if (Array.isArray(value)) {
		if (operator !== "in") throw new Error(`a list is compared by ${operator}`);
		return { text: `${name} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(value)] };
	}
	if (value === null && operator === "eq") return { text: `${name} IS NULL`, values: [] };
	if (value === null && operator === "ne") return { text: `${name} IS NOT NULL`, values: [] };
	if (!isOperator(operator)) throw new Error(`no rows can be found by ${operator}`);
	return { text: `${name} ${OPERATORS[operator]} ?`, values: [value] };
}

const isOperator = (text: string): text is keyof typeof OPERATORS => Object.hasOwn(OPERATORS, text);
