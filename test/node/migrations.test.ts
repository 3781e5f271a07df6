import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, describe, expect, test } from "vitest";
import { databases, persistRoot } from "../../dev/databases.ts";
import { command, newStateFolder, removeFolder } from "./harness.ts";

const folders: string[] = [];
afterAll(() => folders.forEach(removeFolder));

function newFolder(): string {
	const folder = newStateFolder();
	folders.push(folder);
	return folder;
}

/** Runs SQL on the local catalog of a state folder, as another tool would. */
async function onCatalog<T>(folder: string, sql: string): Promise<T[]> {
	const catalog = databases().find(({ binding }) => binding === "CATALOG");
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			name: "test",
			modules: true,
			script: "export default {}",
			cf: false,
			log: new Log(LogLevel.NONE),
			compatibilityDate: "2026-10-20",
			resourcePersistencePath: persistRoot(folder),
			d1Databases: { CATALOG: { id: catalog?.id ?? "" } },
		}),
	);
	try {
		return (await (await miniflare.getD1Database("CATALOG")).prepare(sql).all<T>()).results;
	} finally {
		await miniflare.dispose();
	}
}

describe("db:migrate", () => {
	test("applies what is missing, and the second time nothing", async () => {
		const STATE_DIR = newFolder();
		const first = await command("db-migrate.ts", [], { STATE_DIR });
		expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Applied 0001_catalog\.sql, .+\.\n$/) });
		const second = await command("db-migrate.ts", [], { STATE_DIR });
		expect(second).toMatchObject({ code: 0, stdout: "Nothing to apply: the databases are up to date.\n" });
	});

	test("remotely refuses environments that do not exist or have no databases yet", async () => {
		const STATE_DIR = newFolder();
		const unknown = await command("db-migrate.ts", ["--env", "moon"], { STATE_DIR });
		expect(unknown).toEqual({ code: 1, stdout: "", stderr: "Say where to: --env staging or --env production.\n" });
		const placeholder = await command("db-migrate.ts", ["--env", "staging"], { STATE_DIR });
		expect(placeholder).toMatchObject({ code: 1, stderr: expect.stringContaining("no real database ids") });
	});
});

describe("a migration that fails", () => {
	test("stops the start with one clear line, and nothing of the file is applied", async () => {
		const STATE_DIR = newFolder();
		await onCatalog(STATE_DIR, "CREATE TABLE quizzes (somebody_elses TEXT)");
		const ended = await command("start.ts", [], { PORT: "0", STATE_DIR });
		expect(ended.code).toBe(1);
		const [last] = ended.stderr.trimEnd().split("\n").slice(-1);
		expect(last).toMatch(
			/^Migration migrations\/catalog\/0001_catalog\.sql fails on CATALOG: .+ Nothing of it was applied\./,
		);
		expect(ended.stderr).not.toMatch(/^ +at /m);
		const tables = await onCatalog<{ name: string }>(STATE_DIR, "SELECT name FROM sqlite_schema WHERE type = 'table'");
		expect(tables.map(({ name }) => name)).toContain("quizzes");
		expect(tables.map(({ name }) => name)).not.toContain("shards");
		expect(await onCatalog(STATE_DIR, "SELECT * FROM d1_migrations")).toEqual([]);
	});
});

describe("deploy", () => {
	test("refuses without an environment, and before its databases exist", async () => {
		const without = await command("deploy.ts", [], {});
		expect(without).toEqual({ code: 1, stdout: "", stderr: "Say where to: --env staging or --env production.\n" });
		const placeholder = await command("deploy.ts", ["--env", "production"], {});
		expect(placeholder).toMatchObject({ code: 1, stdout: "" });
		expect(placeholder.stderr).toMatch(
			/no real database ids .* npx wrangler d1 create marksheet-production-catalog and /,
		);
	});
});
