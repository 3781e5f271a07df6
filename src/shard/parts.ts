import type { EventKind } from "../domain/log/events.ts";
import { attemptsPart } from "./attempts/part.ts";
import { creditsPart } from "./credits/part.ts";
import type { Heads, Log } from "./engine/log.ts";
import type { Stored } from "./engine/part.ts";
import type { Retention } from "./engine/retention.ts";
import type { Timed } from "./engine/schedule.ts";
import type { Secret } from "./engine/secret.ts";
import type { Sql } from "./engine/sql.ts";
import { type Tables, values } from "./engine/table.ts";
import { ownerPart } from "./log/part.ts";
import { mediaPart } from "./media/part.ts";
import { quizzesPart } from "./quizzes/part.ts";
import { reactionsPart } from "./reactions/part.ts";
import { collectionsPart } from "./sharing/collections-part.ts";
import { sharesPart } from "./sharing/part.ts";
import { tenantsPart } from "./tenants/part.ts";

/**
 * What a shard is made of, the one list. The clock goes through it in this order, and so does the verification: contents come
 * before the media that they name.
 */
export const PARTS = {
	credits: creditsPart,
	attempts: attemptsPart,
	quizzes: quizzesPart,
	collections: collectionsPart,
	shares: sharesPart,
	reactions: reactionsPart,
	media: mediaPart,
	tenants: tenantsPart,
	owner: ownerPart,
};

/** Tables that are no part's: the log, and what sees to it that commands are carried out once and that rows are sent. */
export const ENGINE_TABLES = {
	log: {
		key: ["seq"],
		columns: values("seq", "at", "actor", "kind", "subject", "body", "hash", "ledger_head", "attempt_head"),
		withheld: "It is a part of its own, row by row as it was hashed.",
	},
	requests: {
		key: ["period", "key"],
		columns: values("period", "key", "fingerprint", "seq", "outcome", "digest"),
		withheld: "For two days it repeats what other tables say, so that a retry is answered as before.",
	},
	visits: {
		key: ["period", "visitor"],
		columns: values("period", "visitor", "changes"),
		withheld: "It counts for two days what others did by shares, which the log says too.",
	},
	publisher: {
		key: ["one"],
		columns: values("one", "resends", "resend_at", "since", "applied"),
		withheld: "It is about the sending of the log.",
	},
	retention: {
		key: ["what"],
		columns: values("what", "until_seq", "until_at"),
		withheld: "It says how far what is kept for some time only was removed.",
	},
	secret: { key: ["one"], columns: values("one", "value"), withheld: "It is the server's own." },
} as const satisfies Tables;

/** What an erasure leaves: which migrations the schema has, and that there was one. */
export const LASTING_TABLES = ["migrations", "erasure"] as const;

type Parts = typeof PARTS;
type PartName = keyof Parts;
type KindOf<P extends PartName> = { [Q in P]: keyof Parts[Q]["rows"] }[P];

type Unwritten = Exclude<EventKind, KindOf<PartName>>;
type WrittenTwice = { [P in PartName]: KindOf<P> & KindOf<Exclude<PartName, P>> }[PartName];
type None<T extends never> = T;
/** Does not compile while a kind of event is in no part, or in two. */
export type KindsOutOfPlace = None<Unwritten> | None<WrittenTwice>;

const all = Object.values(PARTS);

/** Every table with something in it that is of the user. */
export const ALL_TABLES: Tables = Object.assign({}, ...all.map(({ tables }) => tables), ENGINE_TABLES);

type Joined<T> = (T extends unknown ? (each: T) => void : never) extends (all: infer All) => void ? All : never;

type PartStores = Joined<ReturnType<NonNullable<Parts[PartName]["stores"]>>>;

/** What reads and writes a shard's tables: of the engines, and of every part. */
export interface Stores extends PartStores {
	log: Log;
	secret: Secret;
	retention: Retention;
}

/** The stores of all parts. */
export const storesOf = (sql: Sql, log: Log): PartStores =>
	joined(all.flatMap((part) => part.stores?.(sql, log) ?? []));

/** One object with the members of all of these. */
const joined = <T extends object>(objects: readonly T[]): Joined<T> => Object.assign({}, ...objects);

/** What the clock changes in any part. */
export const timedOf = (stores: Stores): Timed[] => all.flatMap((part) => part.timed?.(stores) ?? []);

type Replays = { readonly [P in PartName]: ReturnType<Parts[P]["replay"]> };

/** A replay of the log for each part, under the part's name. */
export function replaysOf(stored: Stored): Replays {
	const replays = Object.entries(PARTS).map(([name, part]) => [name, part.replay(stored)] as const);
	// Under each name is what the part of this name gives.
	return Object.fromEntries(replays) as Replays;
}

const HEADS = new Map(
	all.flatMap(({ rows, head, headKinds }) =>
		(headKinds ?? Object.keys(rows)).map((kind): [string, keyof Heads | undefined] => [kind, head]),
	),
);

/** The column of the log that links rows of this kind, if one does. */
export const headColumnOf = (kind: string): keyof Heads | undefined => HEADS.get(kind);
