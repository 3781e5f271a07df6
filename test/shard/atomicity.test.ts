import { runInDurableObject } from "cloudflare:test";
import type { RpcTarget } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MEDIA_UNUSED_KEPT_MS } from "../../src/domain/media/limits.ts";
import type { Image } from "../../src/domain/media/media.ts";
import type { TenantEvent } from "../../src/domain/people/events.ts";
import { QUIZ_DELETED_KEPT_MS } from "../../src/domain/quizzes/limits.ts";
import { type AnswerKey, type QuizContent, quizContentSchema } from "../../src/domain/quizzes/quiz.ts";
import type { CollectionContent } from "../../src/domain/sharing/collections.ts";
import type { Access, ShareTerms } from "../../src/domain/sharing/shares.ts";
import type { UserShard } from "../../src/index.ts";
import type { Reply } from "../../src/shard/engine/requests.ts";
import type { Call } from "../../src/shard/engine/runner.ts";
import { ALL_TABLES, LASTING_TABLES, PARTS } from "../../src/shard/parts.ts";
import type { Visit } from "../../src/shard/sharing/calls.ts";
import type { Capability } from "../lib/capabilities.ts";
import { fresh, quizDocument, testEnv } from "../lib/harness.ts";

/** All or nothing: a fault before any one of a command's writes leaves every table as it was. */

afterEach(() => {
	vi.restoreAllMocks();
});

const START = Date.UTC(2030, 0, 1);

/** Every table that the object has, except for the platform's own. */
const TABLES =
	"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name";

/** What stands in each table. */
function dump(sql: SqlStorage): Record<string, string> {
	const names = sql.exec<{ name: string }>(TABLES).toArray();
	return Object.fromEntries(
		names.map(({ name }) => [name, JSON.stringify(sql.exec(`SELECT * FROM "${name}"`).toArray())]),
	);
}

/** Every call of a capability that answers a command; those that only read, or may answer null, are not among them. */
type CommandsOf<Calls> = {
	[M in Exclude<keyof Calls, keyof RpcTarget>]: Calls[M] extends (...args: never[]) => Reply<unknown> ? M : never;
}[Exclude<keyof Calls, keyof RpcTarget>];
type Commands = {
	[C in Capability as CommandsOf<UserShard[C]> extends never ? never : C]: Record<
		CommandsOf<UserShard[C]>,
		Record<string, Case>
	>;
};

const content: QuizContent = quizContentSchema.parse(quizDocument("Atomic"));
const changed: QuizContent = { ...content, title: "Changed" };
const imageOf = (digit: string): Image => ({
	media: digit.repeat(64),
	type: "image/png",
	bytes: 9,
	width: 1,
	height: 1,
});
const illustrated: QuizContent = { ...content, thumbnail: imageOf("1").media };
const otherwise: QuizContent = { ...content, thumbnail: imageOf("2").media };
const terms = { tier: "pro", amount: 10, anchor_day: 1, rollover_cap: 0, rollover_days: 1 };
const reservation = { amount: 4, ttl_s: 60, over_capture: "reject", late_settle: "reject" } as const;
const quiz = "quz_00000002aaaaaaaaaaaaaaaa";
const key = {
	quiz,
	version: "a".repeat(64),
	version_number: 1,
	pass_percentage: 50,
	questions: [{ id: "1", options: 4, correct: 2, marks: 1 }],
};

const timed: AnswerKey = { ...key, quiz: "quz_00000004aaaaaaaaaaaaaaaa", settings: { time_limit_s: 60 } };
const abandoned: AnswerKey = {
	...key,
	quiz: "quz_00000005aaaaaaaaaaaaaaaa",
	settings: { time_limit_s: 90, overdue: "abandon" },
};

const OTHER_QUIZ = "quz_00000003aaaaaaaaaaaaaaaa";
const EDITOR = "usr_editor";
const collected = {
	title: "Collected",
	description: "",
	visibility: "public",
	quizzes: [quiz],
} satisfies CollectionContent;
const shareTerms = (access: Access): ShareTerms => ({ access, expires_at: null, max_uses: null });
const origin = { quiz: OTHER_QUIZ, version: "b".repeat(64), owner: "usr_owner" };
const visitOf = ({ now, request_id, idempotency_key }: Call, visitor = "usr_visitor"): Visit => ({
	visitor,
	tenant: "ten_visitor",
	now,
	request_id,
	idempotency_key,
});

const eventOf = (id: string): TenantEvent<"member.restored"> => ({
	kind: "member.restored",
	at: START,
	actor: "usr_admin",
	subject: "usr_member",
	body: { id, request_id: "test", before: { status: "disabled" }, after: { status: "active" } },
});

interface Prepared {
	lot: string;
	open: string;
	settled: string;
	quiz: string;
	published: string;
	deleted: string;
	shown: string;
	collection: string;
	share: string;
	code_hash: string;
	/** Its draft is not as its version 1 is. */
	changed: string;
	/** A lot that nothing was held of. */
	spare: string;
	/** Hashes that `quiz` and `shown` will be published under. */
	frozen: string;
	illustrated: string;
	/** An attempt that is under way for 60 s; another is for 90. */
	sitting: string;
}

/** The hash that the draft will be published under. */
async function frozenOf(shard: DurableObjectStub<UserShard>, call: Call, id: string): Promise<string> {
	const draft = await shard.quizzes.draft(call, id, null);
	return draft?.outcome.ok ? draft.outcome.value.hash : "";
}

/** A shard with something of everything. */
async function prepare(shard: DurableObjectStub<UserShard>, call: Call): Promise<Prepared> {
	const idOf = async (reply: Promise<{ outcome: { ok: boolean; value?: { id: string } } }>) =>
		(await reply).outcome.value?.id ?? "";
	const lot = await idOf(shard.credits.grant(call, { amount: 20, kind: "bonus", priority: 50 }));
	const open = await idOf(shard.credits.reserve(call, reservation));
	const settled = await idOf(shard.credits.reserve(call, reservation));
	await shard.credits.settle(call, settled, { amount: 3 });
	const published = await idOf(shard.quizzes.create(call, content));
	await shard.quizzes.publish(call, published, await frozenOf(shard, call, published), "public", null);
	const deleted = await idOf(shard.quizzes.duplicate(call, published, 1));
	await shard.quizzes.delete(call, deleted, null);
	for (const digit of ["1", "2"]) await shard.media.add(call, imageOf(digit));
	const shown = await idOf(shard.quizzes.create(call, illustrated));
	const revised = await idOf(shard.quizzes.create(call, content));
	await shard.quizzes.publish(call, revised, await frozenOf(shard, call, revised), "public", null);
	await shard.quizzes.revise(call, revised, "*", changed);
	await shard.credits.setPlan(call, terms);
	const spare = await idOf(shard.credits.grant(call, { amount: 5, kind: "bonus", priority: 90 }));
	// Whatever takes credits brings the balance below this.
	await shard.credits.setTerms(call, { low_balance_at: (await shard.credits.balance(call))?.available ?? 0 });
	const collection = await idOf(shard.collections.create(call, collected));
	const shareOf = async (access: Access) => {
		const { outcome } = await shard.shares.create(call, published, shareTerms(access));
		if (!outcome.ok) throw new Error(outcome.refusal.detail);
		return outcome.value;
	};
	const { id: share, code_hash } = await shareOf("view");
	const edit = await shareOf("edit");
	await shard.shares.redeem(visitOf(call, EDITOR), edit.id, edit.code_hash);
	await shard.reactions.set(call, "favorite", OTHER_QUIZ);
	const draft = await idOf(shard.quizzes.create(call, content));
	const sitting = await idOf(shard.attempts.open(call, timed.quiz, timed));
	await shard.attempts.open(call, abandoned.quiz, abandoned);
	return {
		spare,
		sitting,
		changed: revised,
		shown,
		collection,
		share,
		code_hash,
		lot,
		open,
		settled,
		published,
		deleted,
		quiz: draft,
		frozen: await frozenOf(shard, call, draft),
		illustrated: await frozenOf(shard, call, shown),
	};
}

type Case = (shard: UserShard, call: Call, ids: Prepared) => { outcome: { ok: boolean } };

/** What is due is done by the next command, whichever it is. */
const byClock =
	(later_ms: number): Case =>
	(shard, call) =>
		shard.credits.grant({ ...call, now: call.now + later_ms }, { amount: 1, kind: "bonus", priority: 50 });

/** A command that the object has and this list has not does not compile. */
const COMMANDS: Commands = {
	attempts: {
		submit: {
			"submit an attempt": (shard, call) => shard.attempts.submit(call, { quiz, answers: { "1": 2 } }, key),
			"end an attempt, by a submission": (shard, { now, ...call }) =>
				shard.attempts.submit({ ...call, now: now + 61_000 }, { quiz, answers: {} }, key),
			"abandon an attempt, by a submission": (shard, { now, ...call }) =>
				shard.attempts.submit({ ...call, now: now + 91_000 }, { quiz, answers: {} }, key),
		},
		open: { "open an attempt": (shard, call) => shard.attempts.open(call, quiz, key) },
		save: {
			"save an answer": (shard, call, { sitting }) =>
				shard.attempts.save(call, sitting, [{ question: "1", counter: 1, response: 2 }], timed, [2]),
		},
		submitOpen: {
			"submit an attempt that is under way": (shard, call, { sitting }) => shard.attempts.submitOpen(call, sitting),
		},
	},
	credits: {
		grant: {
			grant: (shard, call) => shard.credits.grant(call, { amount: 5, kind: "plan", priority: 50 }),
			"expire a hold, by a grant": byClock(61_000),
			"purge a quiz, by a grant": byClock(QUIZ_DELETED_KEPT_MS),
		},
		voidLot: {
			"void a lot that is in use": (shard, call, { lot }) => shard.credits.voidLot(call, lot, null),
			"void a whole lot": (shard, call, { spare }) => shard.credits.voidLot(call, spare, null),
		},
		setPlan: { "set a plan": (shard, call) => shard.credits.setPlan(call, { ...terms, amount: 11 }) },
		endPlan: { "end a plan": (shard, call) => shard.credits.endPlan(call) },
		setTerms: { "set terms": (shard, call) => shard.credits.setTerms(call, { daily_cap: 50 }) },
		reserve: { "reserve, with a notice of low balance": (shard, call) => shard.credits.reserve(call, reservation) },
		settle: { settle: (shard, call, { open }) => shard.credits.settle(call, open, { amount: 4 }) },
		release: {
			release: (shard, call, { open }) => shard.credits.release(call, open, { reason: "test", error: null }),
		},
		extend: { extend: (shard, call, { open }) => shard.credits.extend(call, open, { amount: 2, ttl_s: 90 }) },
		refund: { refund: (shard, call, { settled }) => shard.credits.refund(call, settled, 2, null) },
	},
	quizzes: {
		create: { "create a quiz": (shard, call) => shard.quizzes.create(call, content) },
		import: { "import quizzes": (shard, call) => shard.quizzes.import(call, "digest", [content, changed]) },
		revise: {
			"revise a quiz": (shard, call, ids) => shard.quizzes.revise(call, ids.quiz, "*", changed),
			"name another image": (shard, call, ids) => shard.quizzes.revise(call, ids.shown, "*", otherwise),
		},
		publish: {
			"publish a quiz": (shard, call, ids) => shard.quizzes.publish(call, ids.quiz, ids.frozen, "public", null),
			"publish a quiz with an image": (shard, call, ids) =>
				shard.quizzes.publish(call, ids.shown, ids.illustrated, "public", null),
		},
		withdraw: { "withdraw a quiz": (shard, call, ids) => shard.quizzes.withdraw(call, ids.published, null) },
		claimSlug: { "claim a slug": (shard, call, ids) => shard.quizzes.claimSlug(call, ids.quiz, "a-slug", null) },
		move: {
			"put a quiz into review": (shard, call, ids) => shard.quizzes.move(call, ids.quiz, "review", null),
			"archive a quiz": (shard, call, ids) => shard.quizzes.move(call, ids.published, "archived", null),
		},
		duplicate: { "duplicate a quiz": (shard, call, ids) => shard.quizzes.duplicate(call, ids.published, 1) },
		delete: { "delete a quiz": (shard, call, ids) => shard.quizzes.delete(call, ids.published, null) },
		undelete: { "undelete a quiz": (shard, call, ids) => shard.quizzes.undelete(call, ids.deleted) },
	},
	versions: {
		restore: { "restore a version": (shard, call, ids) => shard.versions.restore(call, ids.changed, 1, "*") },
	},
	media: {
		add: {
			"add an image": (shard, call) => shard.media.add(call, imageOf("3")),
			"drop an image, by adding one": (shard, call) =>
				shard.media.add({ ...call, now: call.now + MEDIA_UNUSED_KEPT_MS }, imageOf("3")),
		},
		remove: { "remove an image": (shard, call) => shard.media.remove(call, imageOf("2").media) },
	},
	collections: {
		create: { "create a collection": (shard, call) => shard.collections.create(call, collected) },
		replace: {
			"replace a collection": (shard, call, ids) =>
				shard.collections.replace(call, ids.collection, "*", { ...collected, title: "Changed" }),
		},
		delete: { "delete a collection": (shard, call, ids) => shard.collections.delete(call, ids.collection, null) },
	},
	shares: {
		create: { "create a share": (shard, call, ids) => shard.shares.create(call, ids.published, shareTerms("view")) },
		revoke: { "revoke a share": (shard, call, ids) => shard.shares.revoke(call, ids.published, ids.share) },
		redeem: {
			"redeem a share": (shard, call, ids) => shard.shares.redeem(visitOf(call), ids.share, ids.code_hash),
		},
		revise: {
			"revise a draft by a share": (shard, call, ids) =>
				shard.shares.revise(visitOf(call, EDITOR), ids.published, "*", changed),
		},
		copy: {
			"copy a quiz by a share": (shard, call) =>
				shard.shares.copy(call, "shr_00000002aaaaaaaaaaaaaaaa", origin, 1, content, []),
		},
	},
	audit: {
		record: {
			"record events of a tenant": (shard, call) => shard.audit.record(call, [eventOf("evt_a"), eventOf("evt_b")]),
		},
	},
	reactions: {
		set: { "favour a quiz": (shard, call) => shard.reactions.set(call, "favorite", quiz) },
		unset: { "favour a quiz no longer": (shard, call) => shard.reactions.unset(call, "favorite", OTHER_QUIZ) },
	},
};

const CASES = Object.values(COMMANDS)
	.flatMap((commands): Record<string, Case>[] => Object.values(commands))
	.flatMap((cases) => Object.entries(cases));

/**
 * Written when the shard is made or opened, by the publisher where the catalog does not catch up, and by what the schedule asks for where a
 * tenant keeps something for some time only.
 */
const NOT_OF_COMMANDS: readonly string[] = [
	...Object.keys(PARTS.owner.tables),
	"publisher",
	"retention",
	"secret",
	...LASTING_TABLES,
];

/** Runs the command with a fault at its `nth` write. Says whether it came to that, and the tables before and after. */
async function withFault(run: Case, nth: number) {
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
	test.each(CASES)("%s", async (_, run) => {
		for (let nth = 0; ; nth++) {
			const { outcome, before, after, again } = await withFault(run, nth);
			expect(again).toBe("done");
			if (outcome === "failed") expect(after).toEqual(before);
			else {
				expect(outcome).toBe("done");
				expect(after).not.toEqual(before);
				// An answer that is saved is one statement, and the record of the request another.
				expect(nth).toBeGreaterThanOrEqual(2);
				return;
			}
		}
	});
});

test("each table of every part, and of the engines, is written by one of these commands", {
	timeout: 60_000,
}, async () => {
	const runs = await Promise.all(CASES.map(([, run]) => withFault(run, Number.MAX_SAFE_INTEGER)));
	const written = runs.flatMap(({ before, after }) =>
		Object.keys(after).filter((name) => before[name] !== after[name]),
	);
	const tables = [...Object.keys(ALL_TABLES), ...LASTING_TABLES];
	expect([...new Set([...written, ...NOT_OF_COMMANDS])].sort()).toEqual(tables.sort());
});
