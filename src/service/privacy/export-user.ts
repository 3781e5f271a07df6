import { exportedAccount } from "../../accounts/exported.ts";
import { EXPORTED_TABLES, NOT_EXPORTED, rowsOfUser } from "../../catalog/replication/exported.ts";
import { withoutHiddenMarks } from "../../domain/attempts/attempts.ts";
import { chainHash, hex } from "../../domain/log/chain.ts";
import type { MediaType } from "../../domain/media/image-headers.ts";
import { isMediaType } from "../../domain/media/media.ts";
import {
	Entry,
	EXPORT_FORMAT,
	type ExportFile,
	exportGenesis,
	type FileEntry,
	LOG_NAME,
	MANIFEST_NAME,
	type Manifest,
	type Withheld,
} from "../../domain/privacy/exports.ts";
import { EXPORT_LOG_ROWS } from "../../domain/privacy/limits.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { digestKeyOf } from "../../env.ts";
import { logLine, reason, word } from "../../log-line.ts";
import type { Table } from "../../shard/engine/table.ts";
import { ALL_TABLES } from "../../shard/parts.ts";
import type { Ctx } from "../context.ts";
import { shownRow as shownLogRow } from "../log/shown-rows.ts";
import { readImage } from "../media/read-image.ts";
import { scopeRefusal } from "../principal.ts";
import { shardOf } from "../shard-of.ts";
import { auditCall } from "../tenants/list-events.ts";
import { shownEvent } from "../tenants/shown-events.ts";
import { NEWEST, type OnShard, shardOfUser, unknown } from "../verbs.ts";
import { erasedQuizzes, quizzesOfOthers, withoutErased } from "./erased-quizzes.ts";
import { shownRows } from "./exported-rows.ts";

/** An export under way: its name, and the archive in pieces that are made as they are asked for. */
export interface UserExport {
	name: string;
	archive: AsyncIterable<Uint8Array>;
}

/**
 * Everything about a user, as a ZIP archive of JSON and images that ends with a manifest: what the shard, the catalog, ACCOUNTS, the tenant's log and
 * R2 have of the user. What is sealed is opened. Gates: `attempts:read`, `credits:read`; it is oneself, or a service acts on the user's behalf; the user is
 * known.
 */
export async function exportUser(ctx: Ctx, { user: named }: { user: string }): Promise<Outcome<UserExport>> {
	const forbidden = scopeRefusal(ctx.principal, "attempts:read") ?? scopeRefusal(ctx.principal, "credits:read");
	if (forbidden) return refused(forbidden);
	const on = await shardOfUser(ctx, named, "attempts:read", true);
	if (!on.ok) return on;
	const { call, shard } = on.value;
	if (!(await shard.log.position(call, 0))) return unknown("user");
	// The library is loaded by those who export.
	const { zipped } = await import("../../domain/privacy/export-zip.ts");
	const { user } = call;
	return accepted({ name: `marksheet-${user}.zip`, archive: told(user, zipped(withManifest(ctx, on.value))) });
}

/** Where it ends early, the client sees an archive that is cut off; why is in the log. */
async function* told(user: string, archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	try {
		yield* archive;
	} catch (error) {
		logLine("error", { at: "export", user: word(user), error: reason(error) });
		throw error;
	}
}

/** What the files note for the manifest while they are written. */
interface Notes {
	withheld: Withheld[];
	log: Manifest["log"];
}

async function* withManifest(ctx: Ctx, on: OnShard): AsyncGenerator<ExportFile> {
	const { user, tenant } = on.call;
	const notes: Notes = { withheld: [...WITHHELD], log: { rows: 0, head_hash: hex(exportGenesis(user)) } };
	const entries: FileEntry[] = [];
	for await (const file of filesOf(ctx, on, notes)) {
		const entry = new Entry(file);
		yield { ...file, chunks: counted(file.chunks, entry) };
		entries.push(entry.end());
	}
	const manifest: Manifest = {
		format: EXPORT_FORMAT,
		user,
		tenant,
		exported_at: ctx.now,
		log: notes.log,
		files: entries,
		withheld: notes.withheld,
	};
	yield jsonFile(MANIFEST_NAME, "What is in the archive, and what is not.", manifest);
}

async function* counted(chunks: AsyncIterable<Uint8Array>, entry: Entry): AsyncGenerator<Uint8Array> {
	for await (const chunk of chunks) {
		entry.add(chunk);
		yield chunk;
	}
}

const WITHHELD: readonly Withheld[] = [
	...Object.entries(ALL_TABLES).flatMap(([table, { withheld, columns }]) =>
		withheld !== undefined
			? [{ what: `the shard's ${table}`, why: withheld }]
			: Object.entries(columns).flatMap(([column, shown]) =>
					typeof shown === "object" && "withheld" in shown
						? [{ what: `${column} of the shard's ${table}`, why: shown.withheld }]
						: [],
				),
	),
	...NOT_EXPORTED.map(({ name, why }) => ({ what: `the catalog's ${name}`, why })),
	{
		what: "credentials, and their hashes",
		why: "Whoever has the archive must not be able to sign in with it.",
	},
];

const utf8 = new TextEncoder();

async function* once(text: string): AsyncGenerator<Uint8Array> {
	yield utf8.encode(text);
}

const jsonFile = (name: string, about: string, value: object): ExportFile => ({
	name,
	about,
	kind: "json",
	chunks: once(`${JSON.stringify(value, null, 2)}\n`),
});

const linesFile = (name: string, about: string, pages: AsyncIterable<readonly object[]>): ExportFile => ({
	name,
	about,
	kind: "lines",
	chunks: asLines(pages),
});

async function* asLines(pages: AsyncIterable<readonly object[]>): AsyncGenerator<Uint8Array> {
	for await (const rows of pages) {
		if (rows.length > 0) yield utf8.encode(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
	}
}

async function* filesOf(ctx: Ctx, on: OnShard, notes: Notes): AsyncGenerator<ExportFile> {
	const { env } = ctx;
	const { user, tenant } = on.call;
	const account = await exportedAccount(env.ACCOUNTS, user, tenant);
	yield jsonFile("account.json", "The user, the person behind it, and how the person signs in.", account ?? {});
	const events = "What the log of the tenant says that the user did, and that was done with the user.";
	yield linesFile("tenant-events.ndjson", events, tenantEvents(ctx, on));
	for (const [name, table] of Object.entries(ALL_TABLES)) {
		if (table.withheld !== undefined) continue;
		const about = `What the user's shard has in its table ${name}.`;
		yield linesFile(`shard/${name}.ndjson`, about, shardRows(ctx, on, name, table));
	}
	const log = "Every change that the user's shard has recorded, each with the hash over it and the one before.";
	yield linesFile(LOG_NAME, log, logRows(ctx, on, notes));
	for (const table of EXPORTED_TABLES) {
		const rows = pagesOf((after) => rowsOfUser(env.CATALOG, table, user, after));
		yield linesFile(`catalog/${table.name}.ndjson`, `The user's rows of the catalog's table ${table.name}.`, rows);
	}
	yield* images(ctx, on, notes);
}

type Key = (number | string)[];

async function* pagesOf<R>(read: (after: Key | null) => Promise<{ rows: R[]; next: Key | null }>): AsyncGenerator<R[]> {
	for (let after: Key | null = null; ; ) {
		const { rows, next }: { rows: R[]; next: Key | null } = await read(after);
		yield rows;
		if (next === null) return;
		after = next;
	}
}

const storedRows = ({ call, shard }: OnShard, name: string) =>
	pagesOf(async (after) => {
		const page = await shard.exports.rows(call, name, after);
		if (!page) throw new Error("the shard is nobody's any more");
		return page;
	});

async function* shardRows({ env }: Ctx, on: OnShard, name: string, table: Table): AsyncGenerator<object[]> {
	for await (const rows of storedRows(on, name)) yield await shownRows(env, on.call.user, table, rows);
}

/** Rows of the log as the feed shows them, up to where it was at the beginning, chained anew. */
async function* logRows({ env }: Ctx, { call, shard }: OnShard, notes: Notes): AsyncGenerator<object[]> {
	const { user } = call;
	let previous = exportGenesis(user);
	let end: number | null = null;
	for (let after = 0; end === null || after < end; ) {
		const page = await shard.log.feed(call, after, EXPORT_LOG_ROWS);
		if (!page) throw new Error("the shard is nobody's any more");
		end ??= page.head_seq;
		const rows = page.rows
			.filter(({ seq }) => seq <= (end ?? 0))
			.map((row) => shownLogRow(digestKeyOf(env), user, row));
		const erased = await erasedQuizzes(
			env,
			rows.flatMap(({ kind, body }) => quizzesOfOthers(kind, body)),
		);
		const lines = rows.map(({ hash: feed_hash, ...row }) => {
			const body = withoutErased(row.kind, withoutHiddenMarks(row.kind, row.body), erased);
			const hash = chainHash(previous, { ...row, body: JSON.stringify(body) });
			const line = { ...row, body, feed_hash, previous_hash: hex(previous), hash: hex(hash) };
			previous = hash;
			after = row.seq;
			return line;
		});
		notes.log = { rows: after, head_hash: hex(previous) };
		yield lines;
		if (lines.length === 0) return;
	}
}

async function* tenantEvents(ctx: Ctx, { call: { user, tenant } }: OnShard): AsyncGenerator<object[]> {
	const call = auditCall(ctx, tenant);
	for (const filter of [{ subject: user }, { actor: user }]) {
		for (let before: number | null = NEWEST; before !== null; ) {
			const page = await shardOf(ctx.env, tenant, true).audit.page(call, filter, before, EXPORT_LOG_ROWS);
			const events = await Promise.all((page?.rows ?? []).map((row) => shownEvent(ctx.env, tenant, row, ctx.now)));
			// What the user did with themselves is there already.
			yield events.filter(({ subject }) => "subject" in filter || subject !== user);
			before = page?.next ?? null;
		}
	}
}

const ENDINGS = {
	"image/png": "png",
	"image/jpeg": "jpg",
	"image/webp": "webp",
	"image/gif": "gif",
} as const satisfies Record<MediaType, string>;

async function* images({ env }: Ctx, on: OnShard, notes: Notes): AsyncGenerator<ExportFile> {
	for await (const rows of storedRows(on, "media")) {
		for (const { hash, type } of rows) {
			if (typeof hash !== "string" || typeof type !== "string" || !isMediaType(type)) {
				throw new Error("a row of media is not as it must be");
			}
			const image = await readImage(env, { media: hash, headOnly: false });
			const name = `media/${hash}.${ENDINGS[type]}`;
			if (image.ok && image.value.body) {
				yield { name, about: "An image that the user has uploaded.", kind: "image", chunks: image.value.body };
			} else notes.withheld.push({ what: name, why: "Its bytes are not there." });
		}
	}
}
