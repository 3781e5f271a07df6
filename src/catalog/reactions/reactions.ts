import type { ReactionKind } from "../../domain/reactions/events.ts";
import { changeOf } from "../../domain/reactions/reactions.ts";
import { type Applied, projection } from "../replication/projection.ts";
import { forEach } from "../replication/statements.ts";

/** How many users have a quiz among their favourites, and how many like it. */

const ADD = `INSERT INTO quiz_reactions (quiz, favorites, likes)
	SELECT value ->> 'quiz', value ->> 'favorites', value ->> 'likes' FROM json_each(?1) WHERE true
	ON CONFLICT (quiz) DO UPDATE SET favorites = favorites + excluded.favorites, likes = likes + excluded.likes`;

/** One row for each quiz. A user's shard sees to it that each user counts once. */
export const reactions = projection({
	kinds: ["quiz.favorited", "quiz.unfavorited", "quiz.liked", "quiz.unliked"],
	apply: (db, events) => forEach(db, ADD, reactionSums(events, 1)),
	undo: (db, events) => forEach(db, ADD, reactionSums(events, -1)),
	tables: [
		{
			name: "quiz_reactions",
			key: ["quiz"],
			kind: "sums",
			columns: ["quiz", "favorites", "likes"],
			incidental: [],
			empty: "favorites = 0 AND likes = 0",
		},
	],
	otherTables: ["quiz_views", "popularity_round"],
});

interface Sums {
	quiz: string;
	favorites: number;
	likes: number;
}

function reactionSums(events: readonly Applied<ReactionKind>[], sign: 1 | -1): Sums[] {
	const quizzes = new Map<string, Sums>();
	for (const { kind, body } of events) {
		const sums = quizzes.get(body.quiz) ?? { quiz: body.quiz, favorites: 0, likes: 0 };
		const { reaction, by } = changeOf(kind);
		sums[reaction === "like" ? "likes" : "favorites"] += sign * by;
		quizzes.set(body.quiz, sums);
	}
	return [...quizzes.values()].filter(({ favorites, likes }) => favorites !== 0 || likes !== 0);
}

/** What people make of a quiz: reactions counted exactly, views about. */
export interface Reception {
	favorites: number;
	likes: number;
	views: number;
}

/** How a quiz is received. */
export async function readReception(db: D1DatabaseSession, quiz: string): Promise<Reception> {
	const query = `SELECT coalesce((SELECT favorites FROM quiz_reactions WHERE quiz = ?1), 0) AS favorites,
		coalesce((SELECT likes FROM quiz_reactions WHERE quiz = ?1), 0) AS likes,
		coalesce((SELECT views FROM quiz_views WHERE quiz = ?1), 0) AS views`;
	return (await db.prepare(query).bind(quiz).first<Reception>()) ?? { favorites: 0, likes: 0, views: 0 };
}
