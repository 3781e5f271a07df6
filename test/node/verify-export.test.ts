import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { chainHash, genesisHash, hex } from "../../src/domain/log/chain.ts";
import { Entry, EXPORT_FORMAT, exportGenesis } from "../../src/domain/privacy/exports.ts";
import { command, newStateFolder, removeFolder } from "./harness.ts";

/** What the verifier of exports finds, on files alone. */

const folder = newStateFolder();
afterAll(() => removeFolder(folder));

const verify = (file: string, ...args: string[]) => command("verify-export.ts", [file, ...args], {});

async function verified(name: string, content: string | Uint8Array, ...args: string[]) {
	const file = join(folder, name);
	writeFileSync(file, content);
	try {
		return await verify(file, ...args);
	} finally {
		rmSync(file);
	}
}

interface Row {
	seq: number;
	at: number;
	actor: string;
	kind: string;
	subject: string;
	body: Record<string, unknown>;
	previous_hash: string;
	hash: string;
}

/** Rows of a log, chained from its beginning. */
function chained(owner: string, genesis: Uint8Array, count: number): Row[] {
	let previous = genesis;
	return Array.from({ length: count }, (_, index) => {
		const kind = index === 0 ? "shard.opened" : "tenant.changed";
		const body = { id: `evt_${index}`, after: { name: `N${index}`, "7": null } };
		const row = { seq: index + 1, at: 5 + index, actor: "usr_a", kind, subject: owner, body };
		const hash = chainHash(previous, { ...row, body: JSON.stringify(body) });
		const line = { ...row, previous_hash: hex(previous), hash: hex(hash) };
		previous = hash;
		return line;
	});
}

const TENANT = "ten_a";
const rows = chained(TENANT, genesisHash(TENANT), 5);
const lines = (of: readonly object[]) => of.map((row) => `${JSON.stringify(row)}\n`).join("");
const without = (index: number) => rows.filter((_, at) => at !== index);
const changed = (index: number, change: Partial<Row>) =>
	rows.map((row, at) => (at === index ? { ...row, ...change } : row));
const head = rows.at(-1)?.hash ?? "";

describe("rows of a tenant's log", () => {
	test("are verified from the first one on, up to a hash that one knows from elsewhere", async () => {
		const { code, stdout, stderr } = await verified("log.ndjson", lines(rows), "--head", head);
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		expect(stdout).toBe(`5 rows from the first one on, none missing, up to row 5, head ${head}\n`);
	});

	test("that are some of all are each as they were hashed, and the verifier says that some are missing", async () => {
		const { code, stdout } = await verified("part.ndjson", lines(without(2)));
		expect([code, stdout]).toEqual([0, expect.stringContaining("from row 1 on, with 1 gaps, up to row 5")]);
		expect((await verified("end.ndjson", lines(rows.slice(2)))).stdout).toContain("from row 3 on, with 0 gaps");
	});

	const swapped = [rows[0], rows[2], rows[1], rows[3], rows[4]];
	const another = chained("ten_b", genesisHash("ten_b"), 5);
	test.each<[string, readonly (object | undefined)[], RegExp]>([
		[
			"a changed body",
			changed(2, { body: { id: "evt_2", after: { name: "Other" } } }),
			/Row 3 is not as it was hashed/,
		],
		["a changed time", changed(2, { at: 9 }), /Row 3 is not as it was hashed/],
		["another actor", changed(4, { actor: "usr_b" }), /Row 5 is not as it was hashed/],
		["a row with another number", changed(4, { seq: 6 }), /Row 6 is not as it was hashed/],
		["rows in another order", swapped, /Row 2 stands after row 3/],
		["a row twice", [rows[0], rows[1], rows[1]], /Row 2 stands after row 2/],
		["rows of another log", [...rows.slice(0, 2), ...another.slice(2)], /Row 3 does not build on row 2/],
		["the beginning of another log", [{ ...another[0], subject: TENANT }], /not the beginning/],
		["something else", [{ seq: 1 }], /no row of a log/],
		["nothing", [], /has no rows/],
	])("with %s are not", async (_, tampered, why) => {
		const { code, stderr } = await verified("bad.ndjson", lines(tampered.filter((row) => row !== undefined)));
		expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
	});

	test("that end elsewhere than one knows are not", async () => {
		const { code, stderr } = await verified("short.ndjson", lines(rows.slice(0, 4)), "--head", head);
		expect([code, stderr]).toEqual([1, expect.stringMatching(/The last row has the hash/)]);
	});
});

const USER = "usr_a";
type Files = Record<string, Uint8Array>;

/** An archive as the service makes one, changed by whoever tampers with it. */
function archive(
	tamper: { files?: (files: Files) => void; manifest?: (manifest: Record<string, unknown>) => void } = {},
) {
	const log = chained(USER, exportGenesis(USER), 3);
	const files: Files = {
		"account.json": strToU8("{}\n"),
		"shard/likes.ndjson": strToU8(""),
		"log.ndjson": strToU8(lines(log)),
		"media/a.png": new Uint8Array([0x50, 0x4b, 7, 8, 0, 0]),
	};
	const entries = Object.entries(files).map(([name, bytes]) => {
		const kind = name.endsWith(".ndjson") ? "lines" : name.endsWith(".json") ? "json" : "image";
		const entry = new Entry({ name, about: "x", kind });
		entry.add(bytes);
		return entry.end();
	});
	const manifest: Record<string, unknown> = {
		format: EXPORT_FORMAT,
		user: USER,
		tenant: TENANT,
		exported_at: 7,
		log: { rows: 3, head_hash: log.at(-1)?.hash },
		files: entries,
		withheld: [],
	};
	tamper.manifest?.(manifest);
	files["manifest.json"] = strToU8(JSON.stringify(manifest));
	tamper.files?.(files);
	return zipSync(files);
}

describe("the archive of a user", () => {
	test("is verified: every file against the manifest, and the log from its beginning", async () => {
		const { code, stdout, stderr } = await verified("user.zip", archive());
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		expect(stdout).toMatch(
			/^usr_a, exported 1970.*: 4 files as the manifest has them, 3 rows of the log unbroken, head [0-9a-f]{64}\n$/,
		);
	});

	const other = chained(USER, exportGenesis(USER), 2);
	test.each<[string, Uint8Array, RegExp]>([
		[
			"a changed file",
			archive({ files: (files) => (files["account.json"] = strToU8("{ }")) }),
			/account.json is not as/,
		],
		["a missing file", archive({ files: (files) => delete files["media/a.png"] }), /media\/a.png is missing/],
		["a further file", archive({ files: (files) => (files.more = strToU8("x")) }), /The manifest has no file more/],
		["no manifest", archive({ files: (files) => delete files["manifest.json"] }), /has no manifest/],
		["another format", archive({ manifest: (manifest) => (manifest.format = "other") }), /not one of this format/],
		["another user's log", archive({ manifest: (manifest) => (manifest.user = "usr_b") }), /not the beginning/],
		[
			"a log that goes on elsewhere",
			archive({ manifest: (manifest) => (manifest.log = { rows: 2, head_hash: other.at(-1)?.hash }) }),
			/The log is not the one/,
		],
		["its end cut off", archive().slice(0, -40), /cut off or damaged/],
	])("with %s is not", async (_, tampered, why) => {
		const { code, stderr } = await verified("bad.zip", tampered);
		expect([code, stderr]).toEqual([1, expect.stringMatching(why)]);
	});
});

test("a file that is not there, and more than one, are said in a sentence", async () => {
	expect(await verify(join(folder, "none"))).toMatchObject({
		code: 1,
		stderr: expect.stringMatching(/cannot be read/),
	});
	expect(await verify("a", "b")).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Name one file/) });
});
