import { createReadStream, statSync } from "node:fs";
import { z } from "zod";
import { Client, problemText } from "../dev/client.ts";
import { Misuse, parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { interchangeLines, isJsonLines, planOf, sayReports, sourceFiles } from "../dev/interchange-file.ts";
import { type Line, readLines } from "../dev/json-lines.ts";
import { Bar, note } from "../dev/progress.ts";
import { type Fault, type Outcome, QuizImport } from "../dev/quiz-import.ts";
import { serverUrl, stateDir } from "../dev/settings.ts";
import { DEMO_TENANT, readSigner, requireId, signToken } from "../dev/signer.ts";
import { FILE_FORMATS, type FileFormat } from "../src/domain/interchange/formats.ts";
import { quizContentSchema, VISIBILITIES } from "../src/domain/quizzes/quiz.ts";
import type { ImportPlan } from "../src/service/interchange/import-items.ts";

/** Imports quizzes from files of many formats through the API of a running server. A second run imports nothing twice. */

const USER_DEFAULT = "usr_you";
const FAULTS_SHOWN_MAX = 5;

const COMMAND = {
	usage: "npm run import -- FILE… [OPTIONS]",
	about: `Imports quizzes through the API of a running server: JSON lines, one quiz in each, or files, folders and ZIP packages of questions:
GIFT, QTI 1.2 to 3.0, Moodle XML, Aiken, CSV, XLSX, Open Trivia DB, told from what they hold. A second run imports nothing twice. Locally it signs its own token; for another server set MARKSHEET_URL and MARKSHEET_TOKEN.`,
	options: {
		format: { type: "string", value: FILE_FORMATS.join("|"), about: "what the files are, where they do not tell" },
		title: { type: "string", value: "…", about: "title of the quiz: that of the source or the file, unless told" },
		"dry-run": { type: "boolean", default: false, about: "only show what would be imported" },
		user: {
			type: "string",
			value: "usr_…",
			about: `whose quizzes they become: ${USER_DEFAULT}, or whom the token is for`,
		},
		tenant: { type: "string", default: DEMO_TENANT, about: "the tenant of that user" },
		publish: { type: "boolean", default: false, about: "publish them too" },
		visibility: {
			type: "string",
			value: VISIBILITIES.join("|"),
			about: "publish them for these readers: public, unless told",
		},
		url: { type: "string", value: "http://…", about: "the server, in place of MARKSHEET_URL" },
	},
	allowPositionals: true,
} as const;

await run(async () => {
	const { values, positionals } = parseCommandLine(COMMAND);
	const [file, ...more] = positionals;
	if (file === undefined) throw new Misuse("Say which file.", COMMAND);
	const visibility = z.enum(VISIBILITIES).safeParse(values.visibility ?? "public");
	if (!visibility.success) throw new Failure(`--visibility is one of ${VISIBILITIES.join(", ")}.`);
	const format = z.enum(FILE_FORMATS).optional().safeParse(values.format);
	if (!format.success) throw new Failure(`--format is one of ${FILE_FORMATS.join(", ")}.`);
	const source =
		more.length === 0 && format.data === undefined && isJsonLines(file)
			? jsonLines(file)
			: questions(positionals, format.data ?? null, values.title);
	if (values["dry-run"]) {
		process.exitCode = await sayOnly(source);
		return;
	}
	const { client, user } = await caller(values);
	for (const [hash, { image, bytes }] of source.images) {
		const answer = await client.upload(
			`/v1/users/${user}/media`,
			bytes() ?? new Uint8Array(),
			image.type,
			`image-${hash}`,
		);
		if (answer.status >= 300) throw new Failure(`The server takes no image ${hash}: ${problemText(answer.body)}`);
	}
	const publish = values.publish || values.visibility !== undefined;
	const quizzes = new QuizImport(client, user, publish ? visibility.data : null);
	process.exitCode = await report(quizzes.run(source.lines), source.end);
	if (publish) await untilInCatalog(client);
});

interface Source {
	lines: AsyncIterable<Line>;
	/** Where the last line ends. */
	end: number;
	/** Images that the quizzes name. */
	images: ImportPlan["images"];
}

function jsonLines(file: string): Source {
	return { lines: readLines(createReadStream(file)), end: statSync(file).size, images: new Map() };
}

function questions(paths: readonly string[], format: FileFormat | null, title: string | undefined): Source {
	const { items, images } = planOf(sourceFiles(paths), format, title);
	sayReports(items);
	const isUnread = items.every(({ content, questions }) => content === null && questions.length === 0);
	if (isUnread) throw new Failure(items.flatMap(({ errors }) => errors.map(({ detail }) => detail)).join("\n"));
	return { lines: interchangeLines(items), end: items.length, images };
}

/** What an import would make of each quiz. @returns the exit code */
async function sayOnly({ lines }: Source): Promise<number> {
	let [valid, rejected] = [0, 0];
	for await (const { number, text, fault } of lines) {
		const parsed = text === null ? null : contentIn(text);
		if (parsed?.success) {
			valid++;
			const { title, subjects } = parsed.data;
			console.log(`${title}: ${subjects.reduce((sum, subject) => sum + subject.questions.length, 0)} questions`);
		} else {
			rejected++;
			const issues = parsed?.error.issues.slice(0, FAULTS_SHOWN_MAX) ?? [];
			console.log(
				`line ${number}: ${fault ?? issues.map(({ path, message }) => `/${path.join("/")}: ${message}`).join(" ")}`,
			);
		}
	}
	console.log(`${valid} would be imported, ${rejected} rejected; nothing was sent`);
	return rejected > 0 ? 1 : 0;
}

function contentIn(text: string) {
	try {
		return quizContentSchema.safeParse(JSON.parse(text));
	} catch {
		return quizContentSchema.safeParse(null);
	}
}

/** So that who lists the quizzes next finds them. The import is over by now: not knowing is no reason for it to fail. */
async function untilInCatalog(client: Client): Promise<void> {
	try {
		await client.caughtUp();
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		note(`The quizzes may take a moment to appear in the catalog (${error.message})`);
	}
}

/** With a token of one's own the server is somebody's; otherwise it is the local one, whose key is here. */
async function caller({ user, tenant, url }: { user?: string; tenant: string; url?: string }) {
	const token = process.env.MARKSHEET_TOKEN;
	if (user !== undefined) requireId("user", user);
	if (token) return { client: new Client(serverUrl(url), token), user: user ?? "me" };
	const signer = readSigner(stateDir());
	const own = await signToken(signer, {
		subject: user ?? USER_DEFAULT,
		tenant,
		scopes: ["quizzes:write", "attempts:read"],
	});
	return { client: new Client(serverUrl(url), own), user: "me" };
}

/** Shows how it goes and how it went. @returns the exit code */
async function report(outcomes: ReturnType<QuizImport["run"]>, bytes: number): Promise<number> {
	const bar = new Bar();
	const count: Record<Outcome["kind"], number> = { imported: 0, completed: 0, present: 0, rejected: 0 };
	let lines = 0;
	try {
		for await (const { line, outcome } of outcomes) {
			lines++;
			count[outcome.kind]++;
			if (outcome.kind === "rejected") {
				bar.clear();
				showFaults(line.number, outcome.faults);
			}
			bar.update(bytes === 0 ? 1 : line.end / bytes, `${lines} quizzes, ${count.rejected} rejected`);
		}
	} finally {
		bar.clear();
	}
	const imported = count.imported + count.completed;
	const drafts = count.completed > 0 ? ` (drafts of an earlier run: ${count.completed})` : "";
	console.log(`${imported} of ${lines} imported${drafts}, ${count.present} already there, ${count.rejected} rejected`);
	return count.rejected > 0 ? 1 : 0;
}

function showFaults(number: number, faults: readonly Fault[]): void {
	const shown = faults.slice(0, FAULTS_SHOWN_MAX);
	for (const { pointer, detail } of shown) console.log(`line ${number}${pointer && ` ${pointer}`}: ${detail}`);
	if (faults.length > shown.length) console.log(`line ${number}: … and ${faults.length - shown.length} more faults`);
}
