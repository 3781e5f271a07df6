import type { Submission } from "../marking.ts";
import { lean } from "./lean.ts";
import { list } from "./lists.ts";
import { naive } from "./naive.ts";

/** Everything in one D1 database: the naive form and the lean one. A user is who the Authorization header names. */

export interface AllD1Env {
	DB: D1Database;
	FORM: "naive" | "lean";
}

export interface Hold {
	amount: number;
	model: string;
	prompt: string;
}

/** One of the two forms; `null` means that there are not enough credits, or no such generation that is pending. */
export interface Form {
	submit(db: D1Database, user: string, submission: Submission): Promise<object>;
	reserve(db: D1Database, user: string, hold: Hold): Promise<{ id: string } | null>;
	settle(db: D1Database, user: string, id: string, amount: number, tokens: number): Promise<object | null>;
	statistics(db: D1Database, quiz: string): Promise<object | null>;
	/** Published quizzes with all of the words, separated by blanks. */
	search(db: D1Database, words: string, limit: number): Promise<D1Result>;
}

async function answer(request: Request, { DB, FORM }: AllD1Env): Promise<{ status: number; value: object | null }> {
	const form = FORM === "lean" ? lean : naive;
	const user = request.headers.get("Authorization") ?? "";
	const { pathname, searchParams } = new URL(request.url);
	const [, , area, id = "", ...rest] = pathname.split("/");
	if (request.method === "GET" && area === "quizzes") {
		if (rest[0] === "statistics") return { status: 200, value: await form.statistics(DB, id) };
		const limit = Number(searchParams.get("limit") ?? 20);
		const words = searchParams.get("q")?.trim();
		const { results } = words ? await form.search(DB, words, limit) : await list(DB, limit);
		return { status: 200, value: { items: results } };
	}
	if (rest[0] === "attempts") return { status: 201, value: await form.submit(DB, user, await request.json()) };
	const [, , hold, action] = rest;
	if (action === "settlement") {
		const { amount, tokens_used } = await request.json<{ amount: number; tokens_used: number }>();
		return { status: 200, value: await form.settle(DB, user, hold ?? "", amount, tokens_used) };
	}
	return { status: 201, value: await form.reserve(DB, user, await request.json()) };
}

export default {
	async fetch(request, env) {
		const { status, value } = await answer(request, env);
		return value === null ? Response.json({ error: "refused" }, { status: 409 }) : Response.json(value, { status });
	},
} satisfies ExportedHandler<AllD1Env>;
