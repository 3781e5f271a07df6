import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Misuse, parseCommandLine } from "../dev/command-line.ts";
import { ChainCheck, checkArchive } from "../dev/export-check.ts";
import { Failure, reasonOf, run } from "../dev/failure.ts";

/** Verifies an export without a server: the archive of a user, or rows of a tenant's log. */

const COMMAND = {
	usage: "npm run verify:export -- FILE [OPTIONS]",
	about: `Verifies an export without a server, and says what it has.

  a ZIP archive   GET /v1/users/{user}/export: every file against the manifest, and the chain of the log's rows
  NDJSON          GET /v1/tenants/{tenant}/audit or /v1/admin/audit as application/x-ndjson: the chain of the rows`,
	options: {
		head: { type: "string", value: "HASH", about: "of the last row, as you know it from elsewhere" },
	},
	allowPositionals: true,
} as const;

await run(async () => {
	const { values, positionals } = parseCommandLine(COMMAND);
	const [file, ...others] = positionals;
	if (file === undefined || others.length > 0) throw new Misuse("Name one file.", COMMAND);
	const last = (await isArchive(file)) ? archiveHead(await readFile(file)) : await logHead(file);
	if (values.head !== undefined && values.head !== last) {
		throw new Failure(`The last row has the hash ${last}, and not ${values.head}.`);
	}
});

/** By its first bytes. */
async function isArchive(file: string): Promise<boolean> {
	try {
		const handle = await open(file);
		try {
			const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
			return buffer.toString("latin1", 0, bytesRead) === "PK";
		} finally {
			await handle.close();
		}
	} catch (error) {
		throw new Failure(`${file} cannot be read: ${reasonOf(error)}`);
	}
}

function archiveHead(archive: Uint8Array): string {
	const { user, exported_at, files, log } = checkArchive(archive);
	const rows = `${files.length} files as the manifest has them, ${log.rows} rows of the log unbroken`;
	console.log(`${user}, exported ${new Date(exported_at).toISOString()}: ${rows}, head ${log.head_hash}`);
	return log.head_hash;
}

async function logHead(file: string): Promise<string> {
	const check = new ChainCheck();
	for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
		if (line !== "") check.add(line);
	}
	if (check.rows === 0) throw new Failure(`${file} has no rows.`);
	const { seq, hash } = check.last;
	const isWhole = check.first === 1 && check.gaps === 0;
	const what = isWhole ? "from the first one on, none missing" : `from row ${check.first} on, with ${check.gaps} gaps`;
	console.log(`${check.rows} rows ${what}, up to row ${seq}, head ${hash}`);
	return hash;
}
