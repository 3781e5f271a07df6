import { createHash } from "node:crypto";
import { unzipSync } from "fflate";
import { z } from "zod";
import { chainHash, genesisHash, hex } from "../src/domain/log/chain.ts";
import { EXPORT_FORMAT, exportGenesis, LOG_NAME, MANIFEST_NAME } from "../src/domain/privacy/exports.ts";
import { Failure } from "./failure.ts";

/** What is verified of an export, without a server: that no row of a log and no file was changed, left out or put in. */

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const row = z.object({
	seq: z.int().min(1),
	at: z.int(),
	actor: z.string(),
	kind: z.string(),
	subject: z.string(),
	body: z.record(z.string(), z.unknown()),
	previous_hash: hash,
	hash,
});

/** Rows of a log, one after the other. */
export class ChainCheck {
	readonly #genesis: ((owner: string) => Uint8Array) | null;
	#last: z.output<typeof row> | null = null;
	rows = 0;
	first = 0;
	/** Between rows that follow each other in the export and not in the log. */
	gaps = 0;

	/** @param genesis what the first row builds on, for its subject; null where no first row is verified */
	constructor(genesis: ((owner: string) => Uint8Array) | null = genesisHash) {
		this.#genesis = genesis;
	}

	get last(): { seq: number; hash: string } {
		return { seq: this.#last?.seq ?? 0, hash: this.#last?.hash ?? "" };
	}

	/** @throws Failure that says what is wrong with it */
	add(line: string): void {
		const { data: next, error } = row.safeParse(parsed(line, `Row ${this.rows + 1}`));
		if (!next) throw new Failure(`Row ${this.rows + 1} of the file is no row of a log: ${z.prettifyError(error)}`);
		const { seq, previous_hash, hash } = next;
		const before = this.#last;
		if (before && seq <= before.seq) throw new Failure(`Row ${seq} stands after row ${before.seq}.`);
		if (before && seq > before.seq + 1) this.gaps++;
		if (before?.seq === seq - 1 && previous_hash !== before.hash) {
			throw new Failure(`Row ${seq} does not build on row ${before.seq} as it is here.`);
		}
		if (seq === 1 && this.#genesis && previous_hash !== hex(this.#genesis(next.subject))) {
			throw new Failure("Row 1 is not the beginning of the log of whom it names.");
		}
		const bytes = new Uint8Array(Buffer.from(previous_hash, "hex"));
		if (hex(chainHash(bytes, { ...next, body: JSON.stringify(next.body) })) !== hash) {
			throw new Failure(`Row ${seq} is not as it was hashed.`);
		}
		if (this.rows === 0) this.first = seq;
		this.rows++;
		this.#last = next;
	}
}

function parsed(text: string, what: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new Failure(`${what} is no JSON.`);
	}
}

const manifestSchema = z.object({
	format: z.literal(EXPORT_FORMAT),
	user: z.string(),
	tenant: z.string(),
	exported_at: z.int(),
	log: z.object({ rows: z.int().min(0), head_hash: hash }),
	files: z.array(z.object({ name: z.string(), bytes: z.int().min(0), sha256: hash, rows: z.int().min(0).optional() })),
});
export type CheckedManifest = z.output<typeof manifestSchema>;

/** Verifies an archive of a user against its manifest. @throws Failure that says what is wrong */
export function checkArchive(archive: Uint8Array): CheckedManifest {
	const names = namesIn(archive);
	const manifest = readManifest(archive, names);
	const listed = new Set([MANIFEST_NAME, ...manifest.files.map(({ name }) => name)]);
	for (const name of names) if (!listed.has(name)) throw new Failure(`The manifest has no file ${name}.`);
	if (new Set(names).size !== names.length) throw new Failure("The archive has a file twice.");
	for (const { name, bytes, sha256, rows } of manifest.files) {
		const content = contentOf(archive, name);
		if (!content) throw new Failure(`The file ${name} is missing.`);
		if (content.length !== bytes || createHash("sha256").update(content).digest("hex") !== sha256) {
			throw new Failure(`The file ${name} is not as the manifest has it.`);
		}
		const lines = rows === undefined ? [] : linesOf(content);
		if (rows !== undefined && lines.length !== rows) {
			throw new Failure(`The file ${name} has ${lines.length} rows; the manifest says ${rows}.`);
		}
		if (name === LOG_NAME) checkLog(lines, manifest);
	}
	if (!listed.has(LOG_NAME)) throw new Failure(`The file ${LOG_NAME} is missing.`);
	return manifest;
}

function checkLog(lines: readonly string[], { user, log }: CheckedManifest): void {
	const check = new ChainCheck(() => exportGenesis(user));
	for (const line of lines) check.add(line);
	const head_hash = check.rows === 0 ? hex(exportGenesis(user)) : check.last.hash;
	const isWhole = check.rows === log.rows && check.gaps === 0 && (check.rows === 0 || check.first === 1);
	if (!isWhole || head_hash !== log.head_hash) throw new Failure("The log is not the one that the manifest names.");
}

const linesOf = (content: Uint8Array): string[] => {
	const text = new TextDecoder().decode(content);
	return text === "" ? [] : text.replace(/\n$/, "").split("\n");
};

function readManifest(archive: Uint8Array, names: readonly string[]): CheckedManifest {
	if (!names.includes(MANIFEST_NAME))
		throw new Failure("The archive has no manifest: it was cut off, or is no export.");
	const text = new TextDecoder().decode(contentOf(archive, MANIFEST_NAME));
	const { data, error } = manifestSchema.safeParse(parsed(text, "The manifest"));
	if (!data) throw new Failure(`The manifest is not one of this format: ${z.prettifyError(error)}`);
	return data;
}

function namesIn(archive: Uint8Array): string[] {
	const names: string[] = [];
	opened(() => unzipSync(archive, { filter: ({ name }) => names.push(name) < 0 }));
	return names;
}

/** One file at a time, so that only one is in memory. */
const contentOf = (archive: Uint8Array, wanted: string): Uint8Array | undefined =>
	opened(() => unzipSync(archive, { filter: ({ name }) => name === wanted })[wanted]);

function opened<T>(open: () => T): T {
	try {
		return open();
	} catch {
		throw new Failure("The archive cannot be read: it was cut off or damaged.");
	}
}
