import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PROJECTIONS } from "../src/catalog/projections.ts";
import { PARTS } from "../src/shard/parts.ts";
import { Failure } from "./failure.ts";
import { type TableText, TEXTS } from "./schema-texts.ts";
import { ROOT } from "./settings.ts";

/** The databases as their migrations make them, and what of src/ writes and reads each table. */

interface Schema {
	title: string;
	about: string;
	migrations: string;
	/** Where the statements stand that are for this database. */
	sources: readonly string[];
	texts: Readonly<Record<string, TableText>>;
	/** Of each table that belongs to a part or to a projection, what is said of that. */
	owners: ReadonlyMap<string, string>;
}

const names = (all: readonly string[]) => all.map((name) => `\`${name}\``).join(", ");

const parts = Object.entries(PARTS).map(([name, { rows, tables }]) => ({
	name,
	kinds: Object.keys(rows),
	tables: Object.keys(tables),
}));

const SCHEMAS: readonly Schema[] = [
	{
		title: "Shard",
		about: `One SQLite database in each user's object. \`do-migrations/\` makes it; the object migrates itself when it wakes up. Each part of the
shard writes events of its own kinds into the log, and no other part's tables:

${parts.map(({ name, kinds }) => `- **${name}**: ${names(kinds)}`).join("\n")}`,
		migrations: "do-migrations",
		sources: ["src/shard/**/*.ts"],
		texts: TEXTS.shard,
		owners: new Map(
			parts.flatMap(({ name, tables }) => tables.map((table) => [table, `Of the part ${name}.`] as const)),
		),
	},
	{
		title: "Catalog",
		about: "D1 `CATALOG`, made by `migrations/catalog/`. It owns nothing: it is what the logs say.",
		migrations: "migrations/catalog",
		sources: ["src/catalog/**/*.ts", "src/ops/**/*.ts"],
		texts: TEXTS.catalog,
		owners: new Map(
			PROJECTIONS.flatMap(({ kinds, tables }) => tables.map(({ name }) => [name, `Made of ${names(kinds)}.`] as const)),
		),
	},
	{
		title: "Accounts",
		about: "D1 `ACCOUNTS`, made by `migrations/accounts/`.",
		migrations: "migrations/accounts",
		sources: ["src/accounts/**/*.ts"],
		texts: TEXTS.accounts,
		owners: new Map(),
	},
];

export function schemaDocument(): string {
	const parts = [
		"# Schema",
		`Every table of the three kinds of databases, made of the migrations, the parts of a shard, the projections of the catalog and the statements in \`src/\` by
\`npm run types\`, and compared by \`npm run check\`. Names of files are those under \`src/\`. What goes over all tables of a database, and names none, is not
repeated at each: the digest and the rebuild of the catalog, the verification of a shard. Times are milliseconds since the epoch; JSON is text.
How to change a table: [writing migrations](writing-migrations.md). How to read one: [writing queries](writing-queries.md).`,
		...SCHEMAS.flatMap(sectionOf),
	];
	return `${parts.join("\n\n")}\n`;
}

function sectionOf(schema: Schema): string[] {
	const db = new DatabaseSync(":memory:");
	for (const file of globSync(`${schema.migrations}/*.sql`, { cwd: ROOT }).sort()) {
		db.exec(readFileSync(join(ROOT, file), "utf8"));
	}
	const objects = objectsOf(db);
	const tables = objects.filter(({ type }) => type === "table");
	const found = tables.map(({ name }) => name);
	expectSame(found, Object.keys(schema.texts), schema.title);
	const sources = sourcesOf(schema);
	const views = objects.filter(({ type }) => type === "view");
	return [
		`## ${schema.title}`,
		schema.about,
		...found.flatMap((name) => tableOf(db, schema, objects, sources, name)),
		...(views.length > 0 ? [`Views: ${names(views.map(({ name }) => name))}.`] : []),
	];
}

function expectSame(found: readonly string[], described: readonly string[], title: string): void {
	const faults = [
		...found.filter((name) => !described.includes(name)).map((name) => `${name} is not described`),
		...described.filter((name) => !found.includes(name)).map((name) => `${name} is described and not there`),
	];
	if (faults.length > 0) throw new Failure(`${title}, dev/schema-texts.ts: ${faults.join("; ")}.`);
}

interface Stored {
	type: string;
	name: string;
	table: string;
	sql: string;
}

/** What the migrations have made, without the tables that hold a full-text index. */
function objectsOf(db: DatabaseSync): Stored[] {
	const rows = db
		.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
		.all();
	const all = rows.map(({ type, name, tbl_name, sql }) => ({
		type: String(type),
		name: String(name),
		table: String(tbl_name),
		sql: String(sql),
	}));
	const indexes = all.filter(({ sql }) => sql.startsWith("CREATE VIRTUAL TABLE")).map(({ name }) => `${name}_`);
	return all.filter(({ type, name }) => type !== "table" || !indexes.some((prefix) => name.startsWith(prefix)));
}

interface Source {
	/** As the document says it. */
	name: string;
	text: string;
}

const sourcesOf = ({ sources }: Schema): Source[] =>
	sources
		.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
		.sort()
		.map((file) => ({
			name: `\`${file.replaceAll("\\", "/").slice("src/".length, -".ts".length)}\``,
			text: readFileSync(join(ROOT, file), "utf8"),
		}));

const WRITES = (name: string) => new RegExp(`\\b(INTO|UPDATE|DELETE FROM) ${name}\\b`);
const READS = (name: string) => new RegExp(`(?<!DELETE )\\b(FROM|JOIN) ${name}\\b`);

function tableOf(
	db: DatabaseSync,
	{ texts, owners }: Schema,
	objects: readonly Stored[],
	sources: readonly Source[],
	name: string,
): string[] {
	const { about, alsoWrittenBy = [], alsoReadBy = [] } = texts[name] ?? { about: "" };
	const triggers = objects.filter(({ type, sql }) => type === "trigger" && WRITES(name).test(bodyOf(sql)));
	const writers = [
		...sources.filter(({ text }) => WRITES(name).test(text)).map((source) => source.name),
		...new Set(triggers.map(({ table }) => `triggers on \`${table}\``)),
		...alsoWrittenBy,
	];
	const viewers = objects.filter(({ type, sql }) => type === "view" && READS(name).test(sql));
	const readers = [
		...sources.filter(({ text }) => READS(name).test(text)).map((source) => source.name),
		...viewers.map((view) => `the view \`${view.name}\``),
		...alsoReadBy,
	];
	if (writers.length === 0 || readers.length === 0) {
		throw new Failure(`${name}: nothing in src/ ${writers.length === 0 ? "writes" : "reads"} it. Is it needed?`);
	}
	const indexes = objects.filter(({ type, table }) => type === "index" && table === name);
	return [
		`### ${name}`,
		about,
		[
			...(owners.has(name) ? [owners.get(name)] : []),
			`Written by ${writers.join(", ")}. Read by ${readers.join(", ")}.`,
		].join(" "),
		columnsOf(db, name),
		...(indexes.length > 0 ? [indexes.map(({ sql }) => `- \`${indexText(sql)}\``).join("\n")] : []),
	];
}

const bodyOf = (trigger: string) => trigger.slice(trigger.indexOf("BEGIN"));

const indexText = (sql: string) => sql.replace(/^CREATE /, "").replaceAll(/\s+/g, " ");

function columnsOf(db: DatabaseSync, table: string): string {
	const rows = db.prepare('SELECT name, type, "notnull" AS required, pk FROM pragma_table_info(?)').all(table);
	const lines = rows.map(({ name, type, required, pk }) => {
		const facts = [
			...(pk === 0 ? [] : [`key ${pk}`]),
			...(required === 0 && pk === 0 && type !== "" ? ["may be NULL"] : []),
		];
		return `| ${name} | ${type === "" ? "words" : type} | ${facts.join(", ")} |`;
	});
	return ["| column | type | |", "|---|---|---|", ...lines].join("\n");
}
