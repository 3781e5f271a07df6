import { type CleanedWhere, type CustomAdapter, createAdapterFactory } from "better-auth/adapters";
import { type Condition, type Row, SignInStore, type SignInTable, type Value } from "../../accounts/sign-in-store.ts";
import type { Writes } from "../../accounts/writes.ts";
import { hashOfToken } from "../../domain/sign-in/tokens.ts";
import type { Faults } from "./faults.ts";

/**
 * How better-auth reads and writes ACCOUNTS. What it takes for tokens are hashes there: a token that it looks for is hashed on the way in, and
 * the row that is found has the token again, which the request itself has brought. Of any other row it gets the hash, which is good for nothing.
 * Its new rows wait and are committed by the use case, so that a sign-up is one transaction.
 */
export function adapterOf(db: D1Database, writes: Writes, faults: Faults, now: number) {
	const store = new SignInStore(db, writes);
	const tokens = new Map<string, string>();
	const hashed = (token: string) => {
		const hash = hashOfToken(token);
		tokens.set(hash, token);
		return hash;
	};
	const noted = async <T>(work: () => Promise<T>): Promise<T> => {
		try {
			return await work();
		} catch (error) {
			faults.first ??= { error };
			throw error;
		}
	};
	return createAdapterFactory({
		config: {
			adapterId: "marksheet",
			supportsBooleans: false,
			supportsNumericIds: false,
			customTransformInput: ({ data, field, fieldAttributes }) => {
				if (data instanceof Date) return data.getTime();
				const isToken = field === "hash" && fieldAttributes.type === "string";
				return isToken && typeof data === "string" ? hashed(data) : data;
			},
			customTransformOutput: ({ data, fieldAttributes, field }) => {
				if (fieldAttributes.type === "date" && typeof data === "number") return new Date(data);
				return field === "token" && typeof data === "string" ? (tokens.get(data) ?? data) : data;
			},
		},
		adapter: ({ getFieldName }) => {
			const adapter: CustomAdapter = {
				create: async ({ model, data }) => asGiven(store.create(tableOf(model), rowOf(data))),
				findOne: ({ model, where, join }) =>
					noted(async () => {
						const [[name, joined] = [null, null]] = Object.entries(join ?? {});
						const found = await store.findOne(
							tableOf(model),
							conditionsOf(where),
							joined && { table: tableOf(name), from: joined.on.from, to: joined.on.to, limit: joined.limit ?? 1 },
						);
						if (!found) return null;
						const { row, others } = found;
						if (!joined) return asGiven(row);
						return asGiven({ ...row, [name]: joined.relation === "one-to-one" ? (others[0] ?? null) : others });
					}),
				findMany: ({ model, where, limit, sortBy, offset, join }) =>
					noted(async () => {
						if (offset || join) throw new Error("rows are listed from the first on, and alone");
						const order = sortBy && { ...sortBy, field: getFieldName({ model, field: sortBy.field }) };
						const rows = await store.findMany(tableOf(model), conditionsOf(where ?? []), limit, order ?? null);
						return rows.map((row) => asGiven(row));
					}),
				update: ({ model, where, update }) =>
					noted(async () => {
						const { row } = await store.update(tableOf(model), conditionsOf(where), rowOf(update));
						return row === null ? null : asGiven(row);
					}),
				updateMany: ({ model, where, update }) =>
					noted(async () => (await store.update(tableOf(model), conditionsOf(where), rowOf(update))).count),
				incrementOne: ({ model, where, increment, set = {} }) =>
					noted(async () => {
						const { row } = await store.update(tableOf(model), conditionsOf(where), rowOf(set), increment);
						return row === null ? null : asGiven(row);
					}),
				delete: ({ model, where }) =>
					noted(async () => {
						await store.remove(tableOf(model), conditionsOf(where), now);
					}),
				deleteMany: ({ model, where }) =>
					noted(async () => (await store.remove(tableOf(model), conditionsOf(where), now)).count),
				consumeOne: ({ model, where }) =>
					noted(async () => {
						const { row } = await store.remove(tableOf(model), conditionsOf(where), now);
						return row === null ? null : asGiven(row);
					}),
				count: ({ model, where = [] }) => noted(() => store.count(tableOf(model), conditionsOf(where))),
			};
			return adapter;
		},
	});
}

const TABLES: Record<string, SignInTable> = {
	accounts: "accounts",
	credentials: "credentials",
	sessions: "sessions",
	verifications: "verifications",
	second_factors: "second_factors",
};

function tableOf(model: string): SignInTable {
	const table = TABLES[model];
	if (!table) throw new Error(`the library has no table ${model} here`);
	return table;
}

/** The library types rows by what it expects of them; these have the columns that it has named. */
const asGiven = <T>(row: object): T => row as T;

function conditionsOf(where: CleanedWhere[]): Condition[] {
	return where.map(({ field, operator = "eq", connector, value }, index) => {
		if (connector !== "AND" && index > 0) throw new Error("conditions are all to hold");
		return { field, operator, value: Array.isArray(value) ? value.map(storable) : storable(value) };
	});
}

function rowOf(data: unknown): Row {
	if (typeof data !== "object" || data === null) throw new Error("a row is an object");
	return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, storable(value)]));
}

function storable(value: unknown): Value {
	if (typeof value === "boolean") return value ? 1 : 0;
	if (value === null || value === undefined) return null;
	if (typeof value === "string" || typeof value === "number") return value;
	throw new Error(`a ${typeof value} cannot be stored`);
}
