import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import { migrateLocal, persistRoot } from "../../../dev/databases.ts";
import type { PackedFile } from "../../../dev/pack.ts";
import { ensureSigner, readSigner, signToken } from "../../../dev/signer.ts";
import { workerOptions } from "../../../dev/worker.ts";
import { FOLDED_TABLES } from "../../../src/catalog/replication/tables.ts";
import { newStateFolder, removeFolder } from "../harness.ts";
import { type Caller, newCaller } from "./caller.ts";
import { logOf } from "./every-command.ts";
import { type RunningRelease, startRelease } from "./release-runtime.ts";

interface Rebuild {
	number: number;
	finished_at: number | null;
}

/** One state folder, and the release that runs on it, if one does. */
export class World {
	readonly folder = newStateFolder();
	#running: RunningRelease | null = null;

	async migrate(released?: Record<string, readonly string[]>): Promise<void> {
		await this.close();
		await migrateLocal(this.folder, released);
	}

	async takeOver(modules: readonly PackedFile[], settings?: { queue?: boolean }): Promise<void> {
		await this.close();
		const { vars } = workerOptions();
		const signer = await ensureSigner(this.folder, vars.TOKEN_ISSUER, vars.TOKEN_AUDIENCE);
		this.#running = await startRelease(this.folder, signer, modules, settings);
	}

	async close(): Promise<void> {
		await this.#running?.stop();
		this.#running = null;
	}

	async remove(): Promise<void> {
		await this.close();
		removeFolder(this.folder);
	}

	get url(): string {
		if (!this.#running) throw new Error("no release runs");
		return this.#running.url;
	}

	caller = (user: string): Promise<Caller> => newCaller(this.url, this.folder, user);

	async everyMinute(): Promise<void> {
		await this.#running?.everyMinute();
	}

	async operator<T>(method: string, path: string, body?: unknown): Promise<T> {
		const token = await signToken(readSigner(this.folder), { subject: "svc_ops", scopes: ["admin"] });
		const response = await fetch(`${this.url}/v1/admin/${path}`, {
			method,
			headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
			body: body === undefined ? null : JSON.stringify(body),
		});
		expect([path, response.status]).toEqual([path, 200]);
		return (await response.json()) as T;
	}

	async rebuildEverything(): Promise<void> {
		let state = await this.operator<Rebuild>("POST", "replication/rebuild", {});
		while (state.finished_at === null)
			state = await this.operator("POST", "replication/rebuild", { number: state.number });
	}

	/** Waits until the catalog has all of the users' logs. */
	async caughtUp(users: readonly string[]): Promise<void> {
		for (const user of users) {
			const caller = await this.caller(user);
			const lag = async () => (await caller.ok<{ lag: number }>("GET", "sync")).lag;
			await expect.poll(lag, { timeout: 90_000, interval: 200, message: user }).toBe(0);
		}
	}

	/** Has every log replayed and compared with what is stored; by a release that does not know all of its kinds, the chain only. */
	async expectVerified(users: readonly string[], kinds: readonly string[]): Promise<void> {
		for (const user of users) {
			const caller = await this.caller(user);
			const { ok, chain, records } = await caller.ok<Verification>("GET", "credits/verification");
			const isKnown = (await logOf(caller)).every(({ kind }) => kinds.includes(kind));
			const found = { user, chain: chain.ok, ...(isKnown && { ok, difference: records.first_difference }) };
			expect(found).toEqual({ user, chain: true, ...(isKnown && { ok: true, difference: null }) });
		}
	}

	/** What each folded table has of columns. */
	tables(): Map<string, Set<string>> {
		return this.#inCatalog((database) => {
			const columnsOf = (table: string) =>
				database
					.prepare("SELECT name FROM pragma_table_info(?)")
					.all(table)
					.map(({ name }) => String(name));
			return new Map(FOLDED_TABLES.map(({ name }) => [name, new Set(columnsOf(name))]));
		});
	}

	/** Of each folded table, the rows by those of its columns that `tables` has, without what depends on the order of application. */
	catalogRows(tables: ReadonlyMap<string, ReadonlySet<string>>): Record<string, string[]> {
		return this.#inCatalog((database) =>
			Object.fromEntries(
				FOLDED_TABLES.map(({ name, columns, incidental, empty }) => {
					const known = tables.get(name) ?? new Set();
					const wanted = columns.filter((column) => known.has(column) && !incidental.includes(column));
					if (wanted.length === 0) return [name, []];
					const where = empty ? `WHERE NOT (${empty})` : "";
					const rows = database.prepare(`SELECT ${wanted.join(", ")} FROM ${name} AS page ${where}`).all();
					return [name, rows.map((row) => JSON.stringify(row)).sort()];
				}),
			),
		);
	}

	/** No release may run meanwhile. */
	#inCatalog<T>(work: (database: DatabaseSync) => T): T {
		const databases = join(persistRoot(this.folder), "d1", "miniflare-D1DatabaseObject");
		for (const name of readdirSync(databases).filter((each) => each.endsWith(".sqlite"))) {
			const database = new DatabaseSync(join(databases, name), { readOnly: true });
			try {
				if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'attempt_facts'").get()) return work(database);
			} finally {
				database.close();
			}
		}
		throw new Error(`there is no catalog in ${this.folder}`);
	}
}

interface Verification {
	ok: boolean;
	chain: { ok: boolean };
	records: { first_difference: unknown };
}
