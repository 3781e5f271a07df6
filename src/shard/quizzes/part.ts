import { sha256Hex } from "../../domain/canonical.ts";
import { seqOfId } from "../../domain/ids.ts";
import type { EventBody, LogEvent } from "../../domain/log/events.ts";
import type { QuizKind } from "../../domain/quizzes/events.ts";
import { QUIZ_DELETED_KEPT_MS } from "../../domain/quizzes/limits.ts";
import { type Claim, claimsAfter } from "../../domain/quizzes/slugs.ts";
import { type QuizStatus, statusAfter, statusDeleted } from "../../domain/quizzes/workflow.ts";
import { type Part, partOf } from "../engine/part.ts";
import type { Timed } from "../engine/schedule.ts";
import type { Sql } from "../engine/sql.ts";
import { INNER_NAME, values } from "../engine/table.ts";
import type { Stores } from "../parts.ts";
import { Difference, readable, same, sameColumns, sameJson } from "../verification/difference.ts";
import { ContentRoom } from "./content-room.ts";
import { purgeQuizzes } from "./life-commands.ts";
import { type Origin, type QuizRow, RECORD } from "./quiz-rows.ts";
import { Quizzes } from "./store.ts";
import { Versions } from "./versions.ts";

/** What the log says of a quiz. */
interface QuizRecord {
	id: string;
	/** The row of the log. */
	created_by: number;
	status: QuizStatus;
	visibility: string | null;
	revision: number;
	title: string;
	draft_hash: string;
	version: number;
	version_hash: string | null;
	slugs: Claim[];
	origin: Origin | null;
	created_at: number;
	updated_at: number;
	published_at: number | null;
	deleted_at: number | null;
}

const NEW_QUIZ: Omit<QuizRecord, "id" | "created_by" | "created_at" | "updated_at"> = {
	status: "draft",
	visibility: null,
	revision: 0,
	title: "",
	draft_hash: "",
	slugs: [],
	origin: null,
	version: 0,
	version_hash: null,
	published_at: null,
	deleted_at: null,
};

/** What the log says of authored quizzes. */
interface QuizzesState {
	quizzes: Map<string, QuizRecord>;
	/** By `quiz id, version number`. */
	versions: Map<string, { hash: string; draft_hash: string; published_at: number }>;
}

export const quizzesPart: Part<QuizKind, QuizzesState, { quizzes: Quizzes; versions: Versions; room: ContentRoom }> =
	partOf({
		tables: {
			quizzes: {
				key: ["seq"],
				columns: {
					...values("seq", "id", "status", "visibility", "revision", "title", "version", "created_at", "updated_at"),
					...values("published_at", "deleted_at", "created_by"),
					draft: "content",
					slugs: "json",
					origin: "json",
					draft_hash: INNER_NAME,
					version_hash: INNER_NAME,
				},
			},
			quiz_versions: {
				key: ["quiz", "number"],
				columns: {
					...values("quiz", "number", "published_at"),
					content: "content",
					hash: INNER_NAME,
					draft_hash: INNER_NAME,
				},
			},
		},
		stores: (sql) => ({ quizzes: new Quizzes(sql), versions: new Versions(sql), room: new ContentRoom(sql) }),
		timed: purgeSchedule,
		begin: () => ({ quizzes: new Map(), versions: new Map() }),
		rows: {
			"quiz.created": changes(({ body }) => ({ ...savedIn(body), origin: body.origin ?? null })),
			"quiz.revised": changes(({ body }, { status }) => ({
				...savedIn(body),
				status: statusAfter(status, "revise") ?? status,
			})),
			"quiz.published": publish,
			"quiz.withdrawn": changes(() => ({ status: "withdrawn" })),
			"quiz.moved": changes(({ body }) => ({ status: body.status })),
			"quiz.archived": changes(() => ({ status: "archived" })),
			"quiz.slug_claimed": changes(({ body }, known) => claimed(known, body.slug, body.claimed_at)),
			"quiz.deleted": changes(({ at }, { version }) => ({ status: statusDeleted(version), deleted_at: at })),
			"quiz.undeleted": changes(({ body: { claim }, at }) => ({
				deleted_at: null,
				slugs: [],
				...(claim && claimed({ slugs: [] }, claim.slug, at)),
			})),
			"quiz.purged": purge,
		},
		compare({ sql }, { quizzes, versions }) {
			compareQuizzes(sql, quizzes);
			compareVersions(sql, versions);
		},
	});

/** Deleted quizzes are purged when their time is over. */
function purgeSchedule(stores: Stores): Timed {
	const { quizzes, room, log } = stores;
	return {
		nextDueAt: () => quizzes.nextPurgeAt(),
		advance: (user, tenant, now) => purgeQuizzes(stores, { user, tenant, actor: "system" }, log.clock(now)),
		forgetCache() {
			quizzes.forgetCache();
			room.forgetCache();
		},
	};
}

/** The row changes this of the quiz, which is changed at its time. */
function changes<Event extends LogEvent<QuizKind>>(of: (event: Event, known: QuizRecord) => Partial<QuizRecord>) {
	return ({ quizzes }: QuizzesState, event: Event): void => {
		const known = recordOf(quizzes, event);
		quizzes.set(known.id, { ...known, ...of(event, known), updated_at: event.at });
	};
}

function recordOf(quizzes: QuizzesState["quizzes"], { body: { quiz: id }, seq, at }: LogEvent<QuizKind>): QuizRecord {
	return quizzes.get(id) ?? { ...NEW_QUIZ, id, created_by: seq, created_at: at, updated_at: at };
}

function publish(state: QuizzesState, event: LogEvent<"quiz.published">): void {
	const { quiz, visibility, version_number: version, version: version_hash, published_at, claim } = event.body;
	const { draft_hash } = recordOf(state.quizzes, event);
	const key = `${quiz} ${version}`;
	// The same content published again, with another visibility, is the same version.
	if (!state.versions.has(key)) state.versions.set(key, { hash: version_hash, draft_hash, published_at: event.at });
	changes((_, known) => ({
		status: "published",
		visibility,
		version,
		version_hash,
		published_at,
		...(claim && claimed(known, claim.slug, claim.claimed_at)),
	}))(state, event);
}

/** @throws Difference where it was not due */
function purge({ quizzes, versions }: QuizzesState, event: LogEvent<"quiz.purged">): void {
	const { id, version, deleted_at } = recordOf(quizzes, event);
	if (deleted_at === null || deleted_at + QUIZ_DELETED_KEPT_MS > event.at) {
		throw new Difference("log", event.seq, "quiz.purged was not due");
	}
	quizzes.delete(id);
	for (let number = 1; number <= version; number++) versions.delete(`${id} ${number}`);
}

const savedIn = ({ revision, title, content_hash }: EventBody<"quiz.created" | "quiz.revised">) => ({
	revision,
	title,
	draft_hash: content_hash,
});

const claimed = ({ slugs }: Pick<QuizRecord, "slugs">, slug: string, claimed_at: number) => ({
	slugs: claimsAfter(slugs, slug, claimed_at) ?? slugs,
});

type QuizRecordRow = Omit<QuizRow, "published_hash"> & { draft: string };

/** Compares the stored quizzes with what the log says. @throws Difference */
function compareQuizzes(sql: Sql, quizzes: QuizzesState["quizzes"]): void {
	let rows = 0;
	for (const { seq, draft, origin: text, ...quiz } of sql.each<QuizRecordRow>(
		`SELECT ${RECORD}, draft FROM quizzes ORDER BY seq`,
	)) {
		same("quizzes", quiz.id, "seq", seq, seqOfId(quiz.id));
		const known = quizzes.get(quiz.id);
		const origin = readable("quizzes", quiz.id, () => text && JSON.parse(text));
		const expected = known && { ...known, slugs: JSON.stringify(known.slugs) };
		sameColumns("quizzes", quiz.id, { ...quiz, origin }, expected);
		same("quizzes", quiz.id, "hash of the draft", sha256Hex(draft), quiz.draft_hash);
		rows++;
	}
	same("quizzes", "all", "number of rows", rows, quizzes.size);
}

interface VersionRow {
	id: string;
	number: number;
	hash: string;
	draft_hash: string | null;
	content: string;
	published_at: number;
}

/** Compares the stored versions with what the log says. @throws Difference */
function compareVersions(sql: Sql, versions: QuizzesState["versions"]): void {
	const query = `SELECT q.id, v.number, v.hash, v.draft_hash, v.content, v.published_at
		FROM quiz_versions AS v JOIN quizzes AS q ON q.seq = v.quiz ORDER BY v.quiz, v.number`;
	let rows = 0;
	for (const { id, number, content, draft_hash, ...version } of sql.each<VersionRow>(query)) {
		const key = `${id} ${number}`;
		sameJson("quiz_versions", key, { ...version, draft_hash: draft_hash ?? version.hash }, versions.get(key));
		same("quiz_versions", key, "hash of the content", sha256Hex(content), version.hash);
		rows++;
	}
	same("quiz_versions", "all", "number of rows", rows, versions.size);
}
