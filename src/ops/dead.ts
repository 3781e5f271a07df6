import { acknowledgeDead, listDeadLetters } from "../catalog/replication/dead-letters.ts";
import { listDeadMessages } from "../catalog/replication/dead-messages.ts";
import { withoutDigestsInText } from "../domain/concealment.ts";
import { accepted } from "../domain/result.ts";
import { digestKeyOf } from "../env.ts";
import { textsWithoutErased } from "../service/privacy/erased-quizzes.ts";
import { operate } from "./operator.ts";
import { redrive } from "./redrive.ts";

/** What the catalog could not take, for the operator to look at, apply again and acknowledge. */

/** The user and the row of a dead letter. */
export type LetterPosition = [user: string, seq: number];

interface LettersInput {
	/** Of one user; absent, of all. */
	user?: string | undefined;
	after: LetterPosition | null;
	limit: number;
}

/** Rows of logs that the catalog could not take, by user and row. Gate: `admin`. */
export const readDeadLetters = operate(async ({ env }, { user, after, limit }: LettersInput) => {
	const letters = await listDeadLetters(env.CATALOG, { user, after }, limit);
	const digestKey = digestKeyOf(env);
	const rows = await textsWithoutErased(
		env,
		letters.map(({ row }) => row),
	);
	const items = letters.map(({ error, ...letter }, index) => ({
		...letter,
		error: withoutDigestsInText(digestKey, letter.user, error),
		row: withoutDigestsInText(digestKey, letter.user, rows[index] ?? letter.row),
	}));
	const last = letters.length === limit ? letters.at(-1) : undefined;
	return accepted({ items, next: last ? ([last.user, last.seq] as const) : null });
});

interface RedriveInput {
	which: { user?: string | undefined; seq?: number | undefined };
	after: LetterPosition | null;
}

/** Applies dead letters again. Gate: `admin`. */
export const redriveDeadLetters = operate(async ({ env }, { which, after }: RedriveInput) =>
	accepted(await redrive(env, which, after)),
);

/** Takes the alarm off letters and messages that died until then. Gate: `admin`. */
export const acknowledge = operate(async ({ env, now }, { until = now }: { until?: number | undefined }) =>
	accepted(await acknowledgeDead(env.CATALOG, until, now)),
);

/** When a message died, and its id. */
export type MessagePosition = [at: number, id: string];

/** Messages that were given up, newest first. Gate: `admin`. */
export const readDeadMessages = operate(
	async ({ env }, { after, limit }: { after: MessagePosition | null; limit: number }) => {
		const messages = await listDeadMessages(env.CATALOG, after, limit);
		const digestKey = digestKeyOf(env);
		const items = messages.map(({ body, reason, ...rest }) => ({
			...rest,
			reason: withoutDigestsInText(digestKey, rest.id, reason),
			message: withoutDigestsInText(digestKey, rest.id, body),
		}));
		const last = messages.length === limit ? messages.at(-1) : undefined;
		return accepted({ items, next: last ? ([last.at, last.id] as const) : null });
	},
);
