import { readAddress, suffixedSlug } from "../../domain/quizzes/slugs.ts";
import { projection, rowsStay } from "../replication/projection.ts";
import { forEach } from "../replication/statements.ts";
import type { Audiences } from "./quizzes.ts";

/**
 * Which quiz of a tenant has which slug. Claims come from many shards in any order, so that nothing here depends on when
 * they came: a slug belongs to its earliest claim, by time and then by id, among the quizzes that who asks may know of.
 * docs/decisions/0010-slugs.md
 */

/** Claims of a quiz that was deleted later are void; an event that is driven again may be older than the deletion. */
const CLAIM = `INSERT INTO quiz_slugs (tenant_id, slug, claimed_at, quiz, owner, seq)
	SELECT s.tenant_id, value ->> 'slug', value ->> 'claimed_at', value ->> 'quiz', s.user_id, value ->> 'seq'
	FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user'
	WHERE NOT EXISTS (SELECT 1 FROM quiz_slugs AS gone WHERE gone.owner = s.user_id AND gone.quiz = value ->> 'quiz'
		AND gone.slug = '' AND gone.seq > value ->> 'seq')
	ON CONFLICT (tenant_id, slug, claimed_at, quiz) DO UPDATE SET seq = max(seq, excluded.seq)`;

const RELEASE = `DELETE FROM quiz_slugs WHERE (tenant_id, slug, claimed_at, quiz) IN (
	SELECT q.tenant_id, q.slug, q.claimed_at, q.quiz
	FROM json_each(?1) CROSS JOIN quiz_slugs AS q ON q.owner = value ->> 'user' AND q.quiz = value ->> 'quiz'
	WHERE q.seq < value ->> 'seq')`;

const RELEASED = `INSERT INTO quiz_slugs (tenant_id, slug, claimed_at, quiz, owner, seq)
	SELECT s.tenant_id, '', 0, value ->> 'quiz', s.user_id, value ->> 'seq'
	FROM json_each(?1) JOIN shards AS s ON s.user_id = value ->> 'user' WHERE true
	ON CONFLICT (tenant_id, slug, claimed_at, quiz) DO UPDATE SET seq = max(seq, excluded.seq)`;

/** Claims, and what deletions release. */
export const slugs = projection({
	kinds: ["quiz.published", "quiz.slug_claimed", "quiz.deleted", "quiz.undeleted"],
	apply(db, events) {
		const claims = events.flatMap(({ kind, user, seq, body }) => {
			const claim = kind === "quiz.slug_claimed" ? body : kind === "quiz.deleted" ? null : body.claim;
			return claim ? [{ user, seq, quiz: body.quiz, slug: claim.slug, claimed_at: claim.claimed_at }] : [];
		});
		const releases = new Map<string, object>();
		for (const { kind, user, seq, body } of events) {
			if (kind === "quiz.deleted" && body.slug !== null) releases.set(body.quiz, { user, seq, quiz: body.quiz });
		}
		const released = [...releases.values()];
		return [...forEach(db, CLAIM, claims), ...forEach(db, RELEASE, released), ...forEach(db, RELEASED, released)];
	},
	undo: rowsStay,
	tables: [
		{
			name: "quiz_slugs",
			key: ["tenant_id", "slug", "claimed_at", "quiz"],
			kind: "owned",
			columns: ["tenant_id", "slug", "claimed_at", "quiz", "owner", "seq"],
			// It follows from `quizzes`, by triggers.
			incidental: ["audience"],
		},
	],
});

interface SlugRow {
	quiz: string;
	slug: string;
	is_first: number;
}

/** The first claim of all quizzes of one audience. */
const first = (tenant: string, slug: string, audience: string) => `(SELECT w.quiz FROM quiz_slugs AS w
	WHERE w.tenant_id = ${tenant} AND w.slug = ${slug} AND w.audience = ${audience} ORDER BY w.claimed_at, w.quiz LIMIT 1)`;

/**
 * The slug that a quiz claimed last, and whether it is the one that has it. Public quizzes come before those of the tenant, and these
 * before private ones, so that an address tells its readers nothing of quizzes that they may not see.
 */
const IN_USE = `SELECT c.quiz, c.slug, c.quiz = coalesce(${first("c.tenant_id", "c.slug", "'public'")},
		${first("c.tenant_id", "c.slug", "c.tenant_id")}, ${first("c.tenant_id", "c.slug", "c.audience")}) AS is_first
	FROM quiz_slugs AS c WHERE c.owner = (SELECT owner FROM quizzes WHERE id = ?1) AND c.quiz = ?1 AND c.slug <> ''
	ORDER BY c.seq DESC, c.claimed_at DESC LIMIT 1`;

/** The address of a published quiz within its owner's tenant; null where it has none. */
export async function addressOf(db: D1DatabaseSession, quiz: string): Promise<string | null> {
	const row = await db.prepare(IN_USE).bind(quiz).first<SlugRow>();
	if (!row) return null;
	return row.is_first === 1 ? row.slug : suffixedSlug(row.slug, row.quiz);
}

const FIRST = `SELECT coalesce(${["?3", "?4", "?5"].map((audience) => first("?1", "?2", audience)).join(", ")}) AS quiz`;
const BY_SUFFIX = `SELECT quiz FROM quiz_slugs WHERE tenant_id = ?1 AND slug = ?2 AND substr(quiz, -10) = ?3
	ORDER BY quiz LIMIT 1`;

/** The quiz that an address leads these audiences to, whether it is in use or an old one; null where it leads to none. */
export async function quizAt(
	db: D1DatabaseSession,
	tenant: string,
	address: string,
	audiences: Audiences,
): Promise<string | null> {
	const { slug, suffix } = readAddress(address);
	const query =
		suffix === null
			? db.prepare(FIRST).bind(tenant, slug, ...audiences)
			: db.prepare(BY_SUFFIX).bind(tenant, slug, suffix);
	return query.first<string>("quiz");
}
