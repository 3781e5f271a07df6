import { isDeepStrictEqual } from "node:util";
import type { Caller } from "./caller.ts";
import type { Violations } from "./checks/violation.ts";
import { type Answer, type Call, isDone } from "./history.ts";

/** A row before and after the one that is looked for, so that rows are seen again and again. */
const ROWS_AROUND = 2;

type Seen = { status: number; body: Record<string, unknown> };

/**
 * Reads while the faults are on: what was acknowledged is seen at once, what was seen once is never otherwise, and what an
 * answer says of the catalog is so. A read that gets no answer, or 503 of a failing database, says nothing.
 */
export class Looks {
	/** Reads that were answered, and of these the ones after an answer that had waited. */
	readonly counts = { answered: 0, waited: 0 };
	readonly #hashes = new Map<string, unknown>();
	readonly #violations: Violations;

	constructor(violations: Violations) {
		this.#violations = violations;
	}

	async at(caller: Pick<Caller, "look">, { request, answer }: Pick<Call, "request" | "answer">): Promise<void> {
		if (answer?.seq == null) return;
		const { user, operation } = request;
		const look = async (path: string): Promise<Seen | null> => {
			const seen = await caller.look(user, path);
			if (seen === null || (seen.status === 503 && path === SYNC)) return null;
			this.counts.answered++;
			return seen;
		};
		const require = (holds: boolean, what: string, seen: unknown) =>
			this.#violations.require(
				holds,
				"look",
				() => `${what}: answered ${JSON.stringify(answer)}, then seen ${JSON.stringify(seen)}`,
				{ user, call: request.key ?? `${request.method} ${request.path}` },
			);
		if (answer.waited) {
			const sync = await look(SYNC);
			if (sync) this.counts.waited++;
			if (sync) require(Number(sync.body.applied_seq) >= answer.seq, "waited for, and not in the catalog", sync);
		}
		const after = Math.max(0, answer.seq - 1 - ROWS_AROUND);
		const page = await look(`/log?after=${after}&limit=${2 * ROWS_AROUND + 1}`);
		if (page) this.#rows(page, user, answer.seq, require);
		if (!isDone(answer) || typeof answer.body.id !== "string") return;
		const thing = pathOf(operation, answer.body.id);
		const seen = thing && (await look(thing));
		if (seen) require(shows(operation, seen, answer), `the ${operation} is not seen`, seen);
	}

	#rows(page: Seen, user: string, wanted: number, require: (holds: boolean, what: string, seen: unknown) => boolean) {
		// The answer of the change feed; any other has no items, and so not the row.
		const items = (page.body.items ?? []) as { seq: number; hash: string }[];
		require(items.some(({ seq }) => seq === wanted), "its row is not in the log", page);
		for (const { seq, hash } of items) {
			const key = `${user} ${seq}`;
			const known = this.#hashes.get(key) ?? hash;
			require(known === hash, "a row that was seen is another now", { seq, known, hash });
			this.#hashes.set(key, hash);
		}
	}
}

const SYNC = "/sync";

function pathOf(operation: Call["request"]["operation"], id: string): string | null {
	switch (operation) {
		case "attempt":
			return `/attempts/${id}`;
		case "reserve":
		case "settle":
		case "release":
		case "extend":
			return `/credits/holds/${id}`;
		case "create":
		case "revise":
		case "publish":
		case "withdraw":
			return `/quizzes/${id}`;
		case "grant":
			return null;
	}
}

/** Whether what is read now can come of what was answered, also if others have gone on with it meanwhile. */
function shows(operation: Call["request"]["operation"], { status, body }: Seen, answer: Answer): boolean {
	if (status !== 200) return false;
	switch (operation) {
		case "attempt":
			return isDeepStrictEqual(body, answer.body);
		case "settle":
			return body.status === "settled" && body.settled === answer.body.settled;
		case "release":
			return body.status === "released";
		case "extend":
			return Number(body.amount) >= Number(answer.body.amount);
		case "create":
		case "revise":
			return Number(body.revision) >= Number(answer.body.revision);
		default:
			return true;
	}
}
