import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MEDIA_UNUSED_KEPT_MS, QUIZ_DELETED_KEPT_MS } from "../src/domain/limits.ts";
import type { Image } from "../src/domain/media.ts";
import { freeze, type QuizContent, quizContentSchema } from "../src/domain/quiz.ts";
import type { UserShard } from "../src/index.ts";
import type { Call } from "../src/shard/runner.ts";
import { fresh, quizDocument, testEnv } from "./harness.ts";

/** All or nothing: a fault before any one of a command's writes leaves every table as it was. */

afterEach(() => {
	vi.restoreAllMocks();
});

const START = Date.UTC(2030, 0, 1);
const TABLES = [
	...["shard", "log", "requests", "attempts", "account", "closed_lots", "holds", "quizzes", "quiz_versions"],
	...["media", "media_uses", "media_totals"],
];
const dump = (sql: SqlStorage) => JSON.stringify(TABLES.map((table) => sql.exec(`SELECT * FROM ${table}`).toArray()));

const content: QuizContent = quizContentSchema.parse(quizDocument("Atomic"));
const changed: QuizContent = { ...content, title: "Changed" };
const imageOf = (digit: string): Image => ({
	...{ media: digit.repeat(64), type: "image/png", bytes: 9, width: 1, height: 1 },
});
const illustrated: QuizContent = { ...content, thumbnail: imageOf("1").media };
const otherwise: QuizContent = { ...content, thumbnail: imageOf("2").media };
const terms = { tier: "pro", amount: 10, anchor_day: 1, rollover_cap: 0, rollover_days: 1 };
const reservation = { amount: 4, ttl_s: 60, over_capture: "reject", late_settle: "reject" } as const;
const quiz = "quz_00000002aaaaaaaaaaaaaaaa";
const key = {
	...{ quiz, version: "a".repeat(64), version_number: 1, pass_percentage: 50 },
	questions: [{ id: "1", options: 4, correct: 2, marks: 1 }],
};

interface Prepared {
	lot: string;
	open: string;
	settled: string;
	quiz: string;
	published: string;
	deleted: string;
	shown: string;
}

/** A shard with something of everything. */
async function prepare(shard: DurableObjectStub<UserShard>, call: Call): Promise<Prepared> {
	const idOf = async (reply: Promise<{ outcome: { ok: boolean; value?: { id: string } } }>) =>
		(await reply).outcome.value?.id ?? "";
	const lot = await idOf(shard.grantCredits(call, { amount: 20, kind: "bonus", priority: 50 }));
	const open = await idOf(shard.reserveCredits(call, reservation));
	const settled = await idOf(shard.reserveCredits(call, reservation));
	await shard.settleHold(call, settled, { amount: 3 });
	await shard.setTerms(call, { low_balance_at: 14 });
	const published = await idOf(shard.createQuiz(call, content));
	await shard.publishQuiz(call, published, freeze(content).hash, "public", null);
	const deleted = await idOf(shard.duplicateQuiz(call, published, 1));
	await shard.deleteQuiz(call, deleted, null);
	for (const digit of ["1", "2"]) await shard.addMedia(call, imageOf(digit));
	const shown = await idOf(shard.createQuiz(call, illustrated));
	return { shown, lot, open, settled, published, deleted, quiz: await idOf(shard.createQuiz(call, content)) };
}

const COMMANDS: Record<string, (shard: UserShard, call: Call, ids: Prepared) => { outcome: { ok: boolean } }> = {
	"submit an attempt": (shard, call) => shard.submitAttempt(call, { quiz, answers: { "1": 2 } }, key),
	grant: (shard, call) => shard.grantCredits(call, { amount: 5, kind: "plan", priority: 50 }),
	void: (shard, call, { lot }) => shard.voidLot(call, lot, null),
	"set a plan": (shard, call) => shard.setPlan(call, terms),
	"set terms": (shard, call) => shard.setTerms(call, { daily_cap: 50 }),
	reserve: (shard, call) => shard.reserveCredits(call, reservation),
	"settle, with a notice of low balance": (shard, call, { open }) => shard.settleHold(call, open, { amount: 4 }),
	release: (shard, call, { open }) => shard.releaseHold(call, open, { reason: "test", error: null }),
	extend: (shard, call, { open }) => shard.extendHold(call, open, { amount: 2, ttl_s: 90 }),
	refund: (shard, call, { settled }) => shard.refundHold(call, settled, 2, null),
	"expire a hold, by a grant": (shard, call) =>
		shard.grantCredits({ ...call, now: call.now + 61_000 }, { amount: 1, kind: "bonus", priority: 50 }),
	"create a quiz": (shard, call) => shard.createQuiz(call, content),
	"import quizzes": (shard, call) => shard.importQuizzes(call, "digest", [content, changed]),
	"revise a quiz": (shard, call, ids) => shard.reviseQuiz(call, ids.quiz, "*", changed),
	"publish a quiz": (shard, call, ids) => shard.publishQuiz(call, ids.quiz, freeze(content).hash, "public", null),
	"claim a slug": (shard, call, ids) => shard.claimSlug(call, ids.quiz, "a-slug", null),
	"put a quiz into review": (shard, call, ids) => shard.moveQuiz(call, ids.quiz, "review", null),
	"archive a quiz": (shard, call, ids) => shard.moveQuiz(call, ids.published, "archived", null),
	"duplicate a quiz": (shard, call, ids) => shard.duplicateQuiz(call, ids.published, 1),
	"delete a quiz": (shard, call, ids) => shard.deleteQuiz(call, ids.published, null),
	"undelete a quiz": (shard, call, ids) => shard.undeleteQuiz(call, ids.deleted),
	"purge a quiz, by a grant": (shard, call) =>
		shard.grantCredits({ ...call, now: call.now + QUIZ_DELETED_KEPT_MS }, { amount: 1, kind: "bonus", priority: 50 }),
	"add an image": (shard, call) => shard.addMedia(call, imageOf("3")),
	"remove an image": (shard, call) => shard.removeMedia(call, imageOf("2").media),
	"name another image": (shard, call, ids) => shard.reviseQuiz(call, ids.shown, "*", otherwise),
	"publish a quiz with an image": (shard, call, ids) =>
		shard.publishQuiz(call, ids.shown, freeze(illustrated).hash, "public", null),
	"drop an image, by adding one": (shard, call) =>
		shard.addMedia({ ...call, now: call.now + MEDIA_UNUSED_KEPT_MS }, imageOf("3")),
	"withdraw a quiz": (shard, call, ids) => shard.withdrawQuiz(call, ids.published, null),
};

/** Runs the command with a fault at its `nth` write. Says whether it came to that, and the tables before and after. */
async function withFault(run: (typeof COMMANDS)[string], nth: number) {
	const user = fresh("usr");
	const shard = testEnv.SHARDS.getByName(user) as unknown as DurableObjectStub<UserShard>;
	const call: Call = { user, tenant: "ten_a", actor: user, now: START, request_id: "test" };
	const ids = await prepare(shard, call);
	const keyed = { ...call, idempotency_key: "the-key" };
	return runInDurableObject(shard, (instance, { storage: { sql } }) => {
		const exec = sql.exec.bind(sql);
		const before = dump(sql);
		let left = nth;
		const spy = vi.spyOn(sql, "exec").mockImplementation((query, ...bindings) => {
			if (/^\s*(INSERT|UPDATE|DELETE)/.test(query) && left-- === 0) throw new Error("injected fault");
			return exec(query, ...bindings) as never;
		});
		const attempt = () => {
			try {
				return run(instance, keyed, ids).outcome.ok ? "done" : "refused";
			} catch {
				return "failed";
			}
		};
		const outcome = attempt();
		spy.mockRestore();
		const after = dump(sql);
		return { outcome, before, after, again: attempt() };
	});
}

describe("a fault between any two statements undoes the whole command, and its repeat does all of it", () => {
	test.each(Object.entries(COMMANDS))("%s", async (_, run) => {
		for (let nth = 0; ; nth++) {
			const { outcome, before, after, again } = await withFault(run, nth);
			expect(again).toBe("done");
			if (outcome === "failed") expect(after).toBe(before);
			else {
				expect(outcome).toBe("done");
				expect(after).not.toBe(before);
				expect(nth).toBeGreaterThanOrEqual(3);
				return;
			}
		}
	});
});
