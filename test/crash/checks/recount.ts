import { isDeepStrictEqual } from "node:util";
import type { Attempt, CatalogQuiz, PlayableQuiz, QuizHead, QuizStatistics } from "../../../dev/contract.ts";
import { addAttempts, type Count, countOf } from "../../../dev/count.ts";
import { versionName } from "../../../src/domain/quizzes/version-names.ts";
import { DAY_MS } from "../../../src/domain/units.ts";
import type { Caller } from "../caller.ts";
import { inParallel } from "../parallel.ts";
import type { World } from "../world.ts";
import type { Violations } from "./violation.ts";

/** Counts what the catalog has summed up, from nothing but every user's own attempts, holds and quizzes. */

export interface HoldSummary {
	id: string;
	status: "held" | "settled" | "released" | "expired";
	model: string | null;
	settled: number;
	refunded: number;
	tokens_used: number | null;
	cost_cents: number | null;
	ended_at: number | null;
}

export interface Owned {
	user: string;
	attempts: Attempt[];
	holds: HoldSummary[];
	quizzes: QuizHead[];
}

async function all<T>(list: AsyncGenerator<T>): Promise<T[]> {
	const items: T[] = [];
	for await (const item of list) items.push(item);
	return items;
}

export function readOwned(caller: Caller, users: readonly string[]): Promise<Owned[]> {
	return inParallel(users, async (user) => {
		const reader = caller.reader(user);
		return {
			user,
			attempts: await all(reader.list<Attempt>("/v1/users/me/attempts")),
			holds: await all(reader.list<HoldSummary>("/v1/users/me/credits/holds")),
			quizzes: await all(reader.list<QuizHead>("/v1/users/me/quizzes")),
		};
	});
}

const NOTHING: Count = {
	attempts: 0,
	takers: 0,
	version_attempts: 0,
	score: 0,
	percentage_bp: 0,
	passed: 0,
	histogram: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
	questions: {},
};

/** The quizzes of the catalog are those that are published, as their authors have them, and their statistics add up. */
export async function checkQuizzes(caller: Caller, owned: readonly Owned[], violations: Violations): Promise<void> {
	const reader = caller.reader(owned[0]?.user ?? "");
	const listed = new Map((await all(reader.list<CatalogQuiz>("/v1/quizzes"))).map((quiz) => [quiz.id, quiz]));
	const attempts = owned.flatMap(({ user, attempts }) => attempts.map((attempt) => ({ user, attempt })));
	const byQuiz = Map.groupBy(attempts, ({ attempt }) => attempt.quiz);
	const heads = owned.flatMap(({ user, quizzes }) => quizzes.map((quiz) => ({ user, quiz })));
	await inParallel(heads, async ({ user, quiz }) => {
		const { id, status, visibility, version_number: version } = quiz;
		const shown = listed.get(id);
		const stands = shown && [shown.owner, shown.visibility, shown.version_number, shown.version];
		const wanted = status === "published" ? [user, visibility, version, versionName(id, version)] : undefined;
		const detail = () => `${id}: the catalog has ${stands}, its author ${wanted ?? status}`;
		violations.require(isDeepStrictEqual(stands, wanted), "catalog of quizzes", detail, { user });
		if (status !== "published" || !shown) return;
		const playable = await reader.get<PlayableQuiz>(`/v1/quizzes/${id}`);
		const sums = countOf(await reader.get<QuizStatistics>(`/v1/quizzes/${id}/statistics`));
		const counted = addAttempts(NOTHING, playable, byQuiz.get(id) ?? []);
		const differ = () => `${id}: summed ${JSON.stringify(sums)}, counted ${JSON.stringify(counted)}`;
		violations.require(isDeepStrictEqual(sums, counted), "statistics", differ, { user });
	});
}

interface Usage {
	generations: number;
	completed: number;
	failed: number;
	credits: number;
	refunded: number;
	tokens: number;
	cost_cents: number;
}

/** Usage of AI by model and by day, of the tenant and of each user. */
export async function checkUsage(
	caller: Caller,
	{ users }: Pick<World, "users">,
	owned: readonly Owned[],
	violations: Violations,
): Promise<void> {
	const byModel = ({ model }: HoldSummary) => model ?? "";
	const byDay = ({ ended_at }: HoldSummary) => new Date(dayOf(ended_at ?? 0)).toISOString().slice(0, 10);
	const reader = caller.reader(users[0] ?? "");
	const compare = async (query: string, holds: readonly HoldSummary[], keyOf: (hold: HoldSummary) => string) => {
		const { items } = await reader.get<{ items: (Usage & { day: string | null; model: string | null })[] }>(
			`/v1/analytics/ai-usage?${query}`,
		);
		const sums = Object.fromEntries(items.map(({ day, model, ...usage }) => [day ?? model ?? "", usage]));
		const counted = countUsage(holds, keyOf);
		const detail = () => `${query}: summed ${JSON.stringify(sums)}, counted ${JSON.stringify(counted)}`;
		violations.require(isDeepStrictEqual(sums, counted), "usage", detail);
	};
	const everything = owned.flatMap(({ holds }) => holds);
	await compare("by=model", everything, byModel);
	await compare("by=day", everything, byDay);
	await inParallel(owned, ({ user, holds }) => compare(`by=model&user=${user}`, holds, byModel));
}

const dayOf = (at: number) => Math.floor(at / DAY_MS) * DAY_MS;

function countUsage(holds: readonly HoldSummary[], keyOf: (hold: HoldSummary) => string): Record<string, Usage> {
	const sums: Record<string, Usage> = {};
	for (const hold of holds) {
		if (hold.status === "held") continue;
		const key = keyOf(hold);
		sums[key] ??= { generations: 0, completed: 0, failed: 0, credits: 0, refunded: 0, tokens: 0, cost_cents: 0 };
		const sum = sums[key];
		sum.generations++;
		sum.completed += Number(hold.status === "settled");
		sum.failed += Number(hold.status !== "settled");
		sum.credits += hold.settled - hold.refunded;
		sum.refunded += hold.refunded;
		sum.tokens += hold.tokens_used ?? 0;
		sum.cost_cents += hold.cost_cents ?? 0;
	}
	return sums;
}
