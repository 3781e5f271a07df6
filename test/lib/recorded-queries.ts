import { testEnv } from "./harness.ts";

/** What the catalog is asked, and what it answers, row by row. */

export interface Recorded {
	query: string;
	/** As text: what the asker has named. */
	bound: string;
	/** As text, null for what was not read. */
	rows: string;
	/** The functions of src/catalog that were on the way to it, as `file function`. */
	by: string[];
}

const FRAME = /at (?:async )?(?:\w+\.)*(\w+) \(.*src\/catalog\/([\w/-]+)\.ts/;

const callers = (): string[] =>
	(new Error("here").stack ?? "").split("\n").flatMap((line) => {
		const [, name, file] = FRAME.exec(line) ?? [];
		return name === undefined ? [] : [`${file} ${name}`];
	});

/** Records until `restore`; `take` gives what was recorded since it was called last. */
export function recordCatalog(): { take: () => Recorded[]; restore: () => void } {
	let recorded: Recorded[] = [];
	const queries = new WeakMap<D1PreparedStatement, Omit<Recorded, "rows">>();
	const note = (of: Omit<Recorded, "rows"> | undefined, rows: unknown) => {
		if (of) recorded.push({ ...of, rows: JSON.stringify(rows) ?? "null" });
	};

	function watched(statement: D1PreparedStatement, of: Omit<Recorded, "rows">): D1PreparedStatement {
		const { bind, all, run, first } = statement;
		queries.set(statement, of);
		const read = (ask: typeof all) => async () => {
			const result = await ask.call(statement);
			note(of, result.results);
			return result;
		};
		return Object.assign(statement, {
			bind: (...values: unknown[]) =>
				watched(bind.apply(statement, values), { ...of, bound: JSON.stringify(values).toLowerCase() }),
			all: read(all),
			run: read(run),
			first: async (column?: string) => {
				const row = await first.call<D1PreparedStatement, [], Promise<Record<string, unknown> | null>>(statement);
				note(of, row);
				return row !== null && column !== undefined ? row[column] : row;
			},
		});
	}

	function watch<D extends D1Database | D1DatabaseSession>(db: D): void {
		const { prepare, batch } = db;
		const spies = {
			prepare: (query: string) => watched(prepare.call(db, query), { query, bound: "", by: callers() }),
			batch: async (statements: D1PreparedStatement[]) => {
				const results = await batch.call(db, statements);
				for (const [index, statement] of statements.entries()) note(queries.get(statement), results[index]?.results);
				return results;
			},
		};
		Object.assign(db, spies);
	}

	const db = testEnv.CATALOG;
	const { withSession } = db;
	const own = Object.getOwnPropertyDescriptors(db);
	watch(db);
	db.withSession = (constraint) => {
		const session = withSession.call(db, constraint);
		watch(session);
		return session;
	};
	const restore = () => {
		for (const name of ["prepare", "batch", "withSession"] as const) {
			const before = own[name];
			if (before) Object.defineProperty(db, name, before);
			else Reflect.deleteProperty(db, name);
		}
	};
	const take = () => {
		const taken = recorded;
		recorded = [];
		return taken;
	};
	return { take, restore };
}
