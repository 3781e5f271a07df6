import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../dev/settings.ts";

/** That the lint refuses what a layer may not do, under whatever name it does it, and lets it do what it may. */

const LINTER = join(ROOT, "node_modules/.bin/biome");

const PREPARES = "Only catalog/, accounts/ and ops/ prepare statements";
const USES_SQL = "Only shard/ speaks to an object's SQLite";
const CIRCLE = "part of a cycle";
/** The first two are planted as numbers 0 and 1. */
const REFUSED: [layer: string, code: string, says: string][] = [
	["shard", 'import { one } from "./planted-1.ts";\nexport const zero = () => one();', CIRCLE],
	["shard", 'import { zero } from "./planted-0.ts";\nexport const one = () => zero();', CIRCLE],
	["service", 'export const read = (db: D1Database) => db.prepare("SELECT 1");', PREPARES],
	["service", "export const open = ({ prepare }: D1DatabaseSession) => prepare;", PREPARES],
	["service", "export const open = ({ prepare: query }: D1DatabaseSession) => query;", PREPARES],
	["api", 'const NAME = "prepare";\nexport const open = (db: D1Database) => db[NAME];', PREPARES],
	["api", 'export const read = (env: Env) => env.ACCOUNTS?.prepare("SELECT 1");', PREPARES],
	["shard", 'export const read = (db: D1Database) => db.prepare("SELECT 1");', PREPARES],
	["service", 'export const purge = (database: D1Database) => database.exec("DELETE FROM shards");', USES_SQL],
	["service", "export const purge = ({ exec }: D1Database) => exec;", USES_SQL],
	["api", "export const of = ({ storage: { sql } }: DurableObjectState) => sql;", USES_SQL],
	["catalog", "export const of = (storage: DurableObjectStorage) => storage.sql;", USES_SQL],
	["ops", 'export const purge = (rows: SqlStorage) => rows.exec("DELETE FROM log");', USES_SQL],
	["domain", "export const count = (db: D1Database) => db;", "no I/O"],
	["domain", 'export { logLine } from "../log-line.ts";', "no I/O"],
	["catalog", 'export { Log } from "../shard/log.ts";', "catalog/ imports only domain/"],
	["shard", 'export { fold } from "../catalog/fold.ts";', "shard/ imports only domain/"],
	["service", 'export { app } from "../api/app.ts";', "service/ holds the verbs"],
	["api", 'export { readQuiz } from "../catalog/quizzes.ts";', "api/ is a door"],
	["ops", "export const say = (text: string) => console.error(text);", "console"],
];
const ACCEPTED: [layer: string, code: string][] = [
	["catalog", 'export const read = (db: D1Database) => db.prepare("SELECT 1");'],
	["shard", 'export const read = (sql: SqlStorage) => sql.exec("SELECT 1");'],
	["service", "export const isNumber = (text: string) => /^[0-9]+$/.exec(text) !== null;"],
	["service", 'export const nearby = (db: D1Database) => db.withSession("first-unconstrained");'],
];

const folder = mkdtempSync(join(tmpdir(), "marksheet-lint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the linter says of each file, with all of them planted at once. */
let said: Map<string, Diagnostic[]>;

beforeAll(() => {
	for (const part of ["biome.json", "dev/lint", ".gitignore"])
		cpSync(join(ROOT, part), join(folder, part), { recursive: true });
	for (const [index, [layer, code]] of [...REFUSED, ...ACCEPTED].entries()) {
		const file = join(folder, fileOf(layer, index));
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, `${code}\n`);
	}
	const { stdout } = spawnSync(LINTER, ["lint", "--reporter=json", "--max-diagnostics=none", "."], {
		cwd: folder,
		encoding: "utf8",
	});
	const { diagnostics }: { diagnostics: Diagnostic[] } = JSON.parse(stdout);
	said = Map.groupBy(diagnostics, ({ location }) => location.path);
});

interface Diagnostic {
	message: string;
	location: { path: string };
}

const fileOf = (layer: string, index: number) => `src/${layer}/planted-${index}.ts`;

test.each(REFUSED.map(([layer, code, says], index) => ({ layer, code, says, file: fileOf(layer, index) })))(
	"in $layer/ it refuses $code",
	({ file, says }) => {
		const messages = said.get(file)?.map(({ message }) => message);
		expect(messages?.join("\n")).toContain(says);
	},
);

test.each(ACCEPTED.map(([layer, code], index) => ({ layer, code, file: fileOf(layer, REFUSED.length + index) })))(
	"in $layer/ it accepts $code",
	({ file }) => {
		expect(said.get(file)).toBeUndefined();
	},
);
