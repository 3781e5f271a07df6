import { createHmac, hkdfSync } from "node:crypto";
import type { ItemResponse } from "../attempts/responses.ts";
import type { Kept } from "../attempts/sittings.ts";
import type { Json } from "../canonical.ts";
import { type Asked, asking } from "../requests.ts";
import { importSealingKey, open, SEALING_KEY_BYTES, seal } from "../sealing.ts";

/**
 * What is its user's alone: prompts and conversations of generations, the answers of an attempt that has a text among them, and where an attempt
 * came from, if the tenant keeps that sealed.
 * The Worker seals them with the user's own key before they go to the shard, and opens them on their way out.
 */

/** One turn of a conversation with a model. */
export interface Turn {
	role: string;
	content: string;
}

interface Values {
	answers: Record<string, ItemResponse>;
	came_from: KeptOrigin;
	conversation: Turn[];
	prompt: string;
}
export type Field = keyof Values;

/** What is kept of where a request came from. */
export interface KeptOrigin {
	/** The network, or the whole address. */
	address?: string;
	user_agent?: string;
}

/** What belongs to one user: texts open under this key alone, and under this user's id. */
export interface UserKey {
	user: string;
	texts: CryptoKey;
	fingerprints: Uint8Array;
}

/** @param secret random, and wrapped for the user wherever it lies */
export async function userKeyOf(user: string, secret: Uint8Array): Promise<UserKey> {
	const part = (purpose: string) =>
		new Uint8Array(hkdfSync("sha256", secret, "", `marksheet user ${purpose} 1`, SEALING_KEY_BYTES));
	return { user, texts: await importSealingKey(part("texts")), fingerprints: part("fingerprints") };
}

const aboutField = ({ user }: UserKey, field: Field) => `marksheet ${field} 1 ${user}`;

const MARK = "sealed1";
const MARKED_TEXT = new RegExp(`^${MARK}:([\\w-]+)$`);

interface Shape<V> {
	around(sealed: string): V;
	/** What is sealed in it; null where it is as it was given. */
	within(value: V): string | null;
}

/** What is sealed has the shape of its field, so that a release that does not open it reads the rest of the row all the same. */
const SHAPES: { [F in Field]: Shape<Values[F]> } = {
	answers: {
		around: (sealed) => ({ [MARK]: sealed }),
		within(answers) {
			const sealed = answers[MARK];
			return typeof sealed === "string" && Object.keys(answers).length === 1 ? sealed : null;
		},
	},
	came_from: {
		around: (sealed) => ({ address: `${MARK}:${sealed}` }),
		within: ({ address = "" }) => MARKED_TEXT.exec(address)?.[1] ?? null,
	},
	conversation: {
		around: (sealed) => [{ role: MARK, content: sealed }],
		within: ([turn, ...others]) => (turn?.role === MARK && others.length === 0 ? turn.content : null),
	},
	prompt: {
		around: (sealed) => `${MARK}:${sealed}`,
		within: (prompt) => MARKED_TEXT.exec(prompt)?.[1] ?? null,
	},
};

export const isSealed = <F extends Field>(field: F, value: Values[F]): boolean => SHAPES[field].within(value) !== null;

/** What the column of a field says. A prompt is stored as it is, the others as JSON. */
export const fieldIn = <F extends Field>(field: F, stored: string): Values[F] =>
	// Only values of the field are stored in its column.
	(field === "prompt" ? stored : JSON.parse(stored)) as Values[F];

/** @returns it in the shape of its field */
export async function sealField<F extends Field>(key: UserKey, field: F, value: Values[F]): Promise<Values[F]> {
	const plain = new TextEncoder().encode(JSON.stringify(value));
	const sealed = await seal(key.texts, plain, aboutField(key, field));
	return SHAPES[field].around(Buffer.from(sealed).toString("base64url"));
}

/** The inverse of {@link sealField}; what was stored before texts were sealed is given as it is. @throws BrokenSeal */
export async function openField<F extends Field>(key: UserKey, field: F, value: Values[F]): Promise<Values[F]> {
	const sealed = SHAPES[field].within(value);
	if (sealed === null) return value;
	const plain = await open(key.texts, new Uint8Array(Buffer.from(sealed, "base64url")), aboutField(key, field));
	// What opens is what sealField() sealed as this field.
	return JSON.parse(new TextDecoder().decode(plain));
}

/** One response of an attempt that is under way as it is kept: sealed where it is a text, under the question that it answers. */
export async function keptResponse(key: UserKey, question: string, response: ItemResponse): Promise<Kept> {
	if (typeof response !== "string") return response;
	const sealed = SHAPES.answers.within(await sealField(key, "answers", { [question]: response }));
	if (sealed === null) throw new Error("a sealed response has no seal");
	return { [MARK]: sealed };
}

/** Whether any of the answers is sealed, together or by itself. */
export const hasSealed = (answers: Record<string, Kept>): boolean =>
	Object.values(answers).some((kept) => sealIn(kept) !== null) || SHAPES.answers.within(asGiven(answers)) !== null;

/** The answers as they were given. @throws BrokenSeal */
export async function openAnswers(key: UserKey, answers: Record<string, Kept>): Promise<Record<string, ItemResponse>> {
	if (SHAPES.answers.within(asGiven(answers)) !== null) return openField(key, "answers", asGiven(answers));
	const opened = await Promise.all(
		Object.entries(answers).map(async ([question, kept]) => {
			const seal = sealIn(kept);
			if (seal === null) return [question, kept] as const;
			const { [question]: response } = await openField(key, "answers", SHAPES.answers.around(seal));
			return [question, response ?? ""] as const;
		}),
	);
	return asGiven(Object.fromEntries(opened));
}

const sealIn = (kept: Kept): string | null =>
	typeof kept === "object" && !Array.isArray(kept) && MARK in kept ? kept[MARK] : null;

/** Answers of which none is sealed by itself: those that are sealed together have the shape of one answer. */
export const asGiven = (answers: Record<string, Kept>): Values["answers"] => answers as Values["answers"];

/** Whether a taker has written something. Whoever only chose has said no more than the log does, for the statistics. */
export const hasText = (answers: Values["answers"]): boolean =>
	Object.values(answers).some((response) => typeof response === "string");

/**
 * What a request asks for that has private texts in it: a fingerprint that nobody can compute from a guess who does not have the key,
 * so that what stays of the request tells nothing of them.
 */
export function askingPrivately({ fingerprints }: UserKey, operation: string, input: Json): Asked {
	const { fingerprint } = asking(operation, input);
	const keyed = createHmac("sha256", fingerprints).update(fingerprint).digest("hex");
	return { fingerprint: keyed.slice(0, fingerprint.length), before: fingerprint };
}
