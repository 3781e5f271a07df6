/**
 * The lines of the log: what each can say, and nothing else. The lint refuses every other use of the console. Tokens, keys, codes of
 * shares, prompts, answers and other texts of users never stand in a line: a member is a number, a boolean, null, or a text that
 * {@link word} or {@link reason} has let in, and no line takes a member that it does not have here.
 */

declare const told: unique symbol;
/** A text that may stand in a line; a mere string may not. */
type Told = string & { readonly [told]: true };

type Value = number | boolean | null | undefined | Told | readonly Value[] | Members;
interface Members {
	readonly [name: string]: Value;
}

/** Does not compile where a member could say anything. */
type Held<T extends Record<string, Members>> = T;

type Failure = { error: Told };

/** By what a line is about. One that reports finished work says how long it took, except `command`: an object's clock stands still meanwhile. */
type Lines = Held<{
	command: {
		request_id: Told;
		operation: Told;
		user: Told;
		actor: Told;
		/** `ok`, or why it was refused. */
		code: Told;
		/** The head of the log before it. */
		before: number;
		/** The row of the log that holds it. */
		seq: number;
		replayed: boolean;
	};
	alarm:
		| {
				request_id: Told;
				user: Told;
				before: number;
				head: number;
				applied: number | null;
				/** Null where nothing is due. */
				next_at: number | null;
				duration_ms: number;
		  }
		| (Failure & { request_id: Told; user: Told; step: Told });
	publisher: { failed: Told; sent: number };
	queue: { queue: Told; duration_ms: number } & (({ request_ids: readonly Told[] } & Counts) | { kept: number });
	consumer: Failure & { step?: Told };
	apply: Failure & { users: readonly Told[] };
	ahead: { needs: Told } | { holds: readonly { user: Told; seq: number; needs: Told }[]; count: number } | Failure;
	"dead-letter queue": Failure;
	tally: Failure;
	views: Failure;
	wait: Failure & { user: Told };
	"content cache": Failure;
	"current version": Failure & { id?: Told };
	sweep:
		| { looked: number; behind: number; finished_at: number | null; duration_ms: number }
		| (Failure & { user: Told });
	rebuild: Failure & { user: Told };
	erasure: Failure & { erasure: Told; step: Told };
	export: Failure & { user: Told };
	origin: Failure;
	retention: { tenant: Told; users: number; duration_ms: number } | (Failure & { user: Told });
	redrive: { applied: number; refused: number; duration_ms: number };
	"media-purge": { waits: boolean; aside: number; back: number; removed: number; duration_ms: number };
	ready: Failure;
	settings: Failure & { name: Told };
	accounts: Failure;
	audit: Failure & { tenant: Told };
	"issuer keys": Failure;
	api: Failure & { request_id: Told; stack: Told | undefined };
	shard: Failure & { again: Told; user: Told };
	credits: Failure & { request_id: Told };
	share: Failure & { request_id: Told; share: Told };
	tenant: Failure & { user: Told };
	title: Failure;
	mail: (Failure & { id: Told; attempts: number; given_up: boolean }) | { id: Told; kept: boolean };
	"sign-in": Failure;
	"sign-in-purge": { sessions: number; verifications: number; mails: number; duration_ms: number };
	"rate limit": Failure & { class: Told };
}>;

/** What became of a batch of the logs' queue. */
type Counts = Record<
	| "messages"
	| "duplicates"
	| "gaps"
	| "unreadable"
	| "held"
	| "ahead"
	| "deferred"
	| "applied"
	| "poisoned"
	| "failed"
	| "transactions"
	| "statements"
	| "rows_read"
	| "rows_written",
	number
>;

type LogLine = { [At in keyof Lines]: { at: At } & Lines[At] }[keyof Lines];

type KeysOf<T> = T extends unknown ? keyof T : never;
/** What comes with a spread and is no member of the line does not compile either. */
type NothingElse<L extends LogLine> = Record<Exclude<keyof L, KeysOf<Extract<LogLine, { at: L["at"] }>>>, never>;

/** Writes one line of JSON. */
export function logLine<const L extends LogLine>(level: "log" | "warn" | "error", line: L & NothingElse<L>): void {
	// biome-ignore lint/suspicious/noConsole: this is the one place.
	console[level](JSON.stringify(line));
}

const WORD = /^[\w.=-]{1,128}$/;

/** An id, or a name out of the code. Of any other text, such as one that a user wrote, only the length is shown. */
export const word = (text: string): Told => letIn(WORD.test(text) ? text : `(${text.length} characters)`);

/** What an error says, by name and message, or in our own words why something waits. */
export const reason = (error: unknown): Told => letIn(String(error));

/** Where it was thrown; undefined of what is no error. */
export const stackOf = (error: unknown): Told | undefined =>
	error instanceof Error && error.stack !== undefined ? letIn(error.stack) : undefined;

/** Only for texts of which the callers above know that they hold no secret. */
const letIn = (text: string): Told => text as Told;

/** Begins to time something. @returns how long it has been, in whole milliseconds */
export function stopwatch(): () => number {
	const began = performance.now();
	return () => Math.round(performance.now() - began);
}
