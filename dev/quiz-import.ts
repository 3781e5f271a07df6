import { sha256Hex } from "../src/domain/canonical.ts";
import { freeze, quizContentSchema, type Visibility } from "../src/domain/quizzes/quiz.ts";
import { type Answer, type Client, problemOf, problemText, UnexpectedAnswer } from "./client.ts";
import type { QuizHead } from "./contract.ts";
import { Failure, reasonOf } from "./failure.ts";
import type { Line } from "./json-lines.ts";

const IN_FLIGHT_MAX = 8;
/** Statuses that mean: this quiz is not right. Any other failure has to do with the import as a whole. */
const REJECTED = new Set([400, 409, 413, 415, 422]);

export interface Fault {
	/** JSON pointer into the line; empty for the line itself. */
	pointer: string;
	detail: string;
}

export type Outcome =
	| { kind: "imported" }
	/** A draft of an earlier run that did not get as far as publishing it. */
	| { kind: "completed" }
	| { kind: "present" }
	| { kind: "rejected"; faults: Fault[] };

const rejected = (pointer: string, detail: string): Outcome => ({ kind: "rejected", faults: [{ pointer, detail }] });

/**
 * Brings quizzes to their author. What a quiz is known by is its content, which is compared with those of the author's quizzes that
 * have its title: so a second run finds what is there, however long ago it came there, and imports nothing twice.
 */
export class QuizImport {
	readonly #client: Client;
	readonly #path: string;
	readonly #visibility: Visibility | null;
	/** What the author had before this run: contents by title, each read when one of its title comes. */
	readonly #present = new Map<string, Present[]>();
	/** By content: what this run is doing about it. */
	readonly #begun = new Map<string, Promise<Outcome>>();

	/** @param visibility with which quizzes are published; null leaves them drafts */
	constructor(client: Client, user: string, visibility: Visibility | null) {
		this.#client = client;
		this.#path = `/v1/users/${user}/quizzes`;
		this.#visibility = visibility;
	}

	/** Imports the lines, a few at a time, and gives their outcomes in the order of the lines. */
	async *run(lines: AsyncIterable<Line>): AsyncGenerator<{ line: Line; outcome: Outcome }> {
		await this.#loadPresent();
		const inFlight: { line: Line; outcome: Promise<Outcome | Error> }[] = [];
		for await (const line of lines) {
			// Caught at once: a failure waits here until its turn comes.
			inFlight.push({ line, outcome: this.#importLine(line).catch(asError) });
			if (inFlight.length >= IN_FLIGHT_MAX) yield await settled(inFlight);
		}
		while (inFlight.length > 0) yield await settled(inFlight);
	}

	async #loadPresent(): Promise<void> {
		try {
			for await (const quiz of this.#client.list<QuizHead>(this.#path)) {
				const path = `${this.#path}/${quiz.id}`;
				this.#note(quiz, quiz.title, () => this.#client.get<Written>(path));
				// The title of what was published may be another one by now.
				if (quiz.version_number > 0 && quiz.has_changes) {
					const version = await this.#client.get<Written>(`${path}/versions/${quiz.version_number}`);
					this.#note(quiz, version.content.title, async () => version);
				}
			}
		} catch (error) {
			// An author who has never called has no shard, and so no quizzes.
			if (!(error instanceof UnexpectedAnswer && error.status === 404)) throw error;
		}
	}

	#note(quiz: QuizHead, title: string, read: () => Promise<Written>): void {
		let hash: Promise<string | null> | undefined;
		const present = {
			quiz,
			hash: () => {
				hash ??= read().then(hashOf);
				return hash;
			},
		};
		this.#present.set(title, [...(this.#present.get(title) ?? []), present]);
	}

	/** The author's quiz with this content; one that is published where there are several. */
	async #find(title: string, hash: string): Promise<QuizHead | undefined> {
		const same: QuizHead[] = [];
		for (const present of this.#present.get(title) ?? []) {
			if ((await present.hash()) === hash) same.push(present.quiz);
		}
		return same.find(({ status }) => status === "published") ?? same[0];
	}

	async #importLine({ text, fault }: Line): Promise<Outcome> {
		if (text === null) return rejected("", fault ?? "");
		let document: unknown;
		try {
			document = JSON.parse(text);
		} catch (error) {
			return rejected("", `Not JSON: ${reasonOf(error)}`);
		}
		const content = quizContentSchema.safeParse(document);
		if (!content.success) return this.#refusalOf(text);
		const { hash } = freeze(content.data);
		const begun = this.#begun.get(hash);
		if (begun) return (await begun).kind === "rejected" ? begun : { kind: "present" };
		const work = this.#place(hash, content.data.title, text);
		this.#begun.set(hash, work);
		return work;
	}

	/** The server says in its own words what is wrong with a document that the schema does not take. */
	async #refusalOf(text: string): Promise<Outcome> {
		const answer = await this.#client.send("POST", this.#path, { body: text, key: `import-${sha256Hex(text)}` });
		if (answer.status < 300) throw new Failure(DIFFERENT);
		return refusal(answer);
	}

	async #place(hash: string, title: string, text: string): Promise<Outcome> {
		const present = await this.#find(title, hash);
		if (present && !(present.status === "draft" && this.#visibility)) return { kind: "present" };
		if (present) return (await this.#publish(present.id)) ?? { kind: "completed" };
		const created = await this.#client.send("POST", this.#path, { body: text, key: `import-${hash}` });
		if (created.status >= 300) return refusal(created);
		const { id, ...written } = created.body as QuizHead & Written;
		if (hashOf(written) !== hash) throw new Failure(DIFFERENT);
		if (created.headers.has("Idempotent-Replayed") && (await this.#wasEdited(id, hash))) return { kind: "present" };
		return (this.#visibility && (await this.#publish(id))) ?? { kind: "imported" };
	}

	/** Whether the author has gone on with a draft that an earlier run created: then it is not the import's to publish. */
	async #wasEdited(id: string, hash: string): Promise<boolean> {
		return hashOf(await this.#client.get<Written>(`${this.#path}/${id}`)) !== hash;
	}

	/** Null, or why the quiz is not published; a draft then, which another run would publish. */
	async #publish(id: string): Promise<Outcome | null> {
		const body = { visibility: this.#visibility };
		const answer = await this.#client.send("PUT", `${this.#path}/${id}/publication`, { body });
		return answer.status < 300 ? null : refusal(answer);
	}
}

interface Written {
	content: { title: string };
}

interface Present {
	quiz: QuizHead;
	hash: () => Promise<string | null>;
}

/** Of a content as the API shows it, which names the type of every question; the schema leaves out the usual one. Null for one that it does not take. */
function hashOf({ content }: Written): string | null {
	const parsed = quizContentSchema.safeParse(content);
	return parsed.success ? freeze(parsed.data).hash : null;
}

const DIFFERENT =
	"The server has another idea of a quiz than this checkout, so what is there already cannot be told. Use the checkout that it was deployed from.";

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

async function settled(inFlight: { line: Line; outcome: Promise<Outcome | Error> }[]) {
	const oldest = inFlight.shift();
	if (!oldest) throw new Error("nothing is in flight");
	const outcome = await oldest.outcome;
	if (outcome instanceof Error) throw outcome;
	return { line: oldest.line, outcome };
}

function refusal(answer: Answer): Outcome {
	const problem = problemOf(answer.body);
	if (!problem || !REJECTED.has(answer.status)) {
		throw new Failure(`The server answers ${answer.status} ${problemText(answer.body)} Run the import again to go on.`);
	}
	return problem.errors?.length ? { kind: "rejected", faults: problem.errors } : rejected("", problem.detail);
}
