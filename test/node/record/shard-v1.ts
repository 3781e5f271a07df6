import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { parseCommandLine } from "../../../dev/command-line.ts";
import { Failure, run } from "../../../dev/failure.ts";
import { ROOT } from "../../../dev/settings.ts";
import { killServers, newQuietStateFolder, removeFolder, startServer } from "../harness.ts";
import { type Caller, newCaller } from "../lib/caller.ts";
import { copyDatabase, shardFile, shardFileName } from "../lib/shard-files.ts";

/**
 * Records the shard of a user who has something of everything, as the first schema stores it, and what the API said of it
 * then. test/fixtures/README.md says when to run this.
 */

const TARGET = join(ROOT, "test/fixtures/shard-v1");
const USER = "usr_schema_one";
const YEAR_2100 = Date.UTC(2100, 0, 1);
const PAGE = "limit=100";

type Made = { id: string };

const document = (title: string, questions: number) => ({
	title,
	description: "Kept as it was stored.",
	tags: ["schema"],
	difficulty: "beginner",
	source: "upload",
	subjects: [
		{
			name: "all",
			questions: Array.from({ length: questions }, (_, index) => ({
				id: index + 1,
				question: `Question ${index + 1}?`,
				options: ["one", "two", "three", "four"],
				correctAnswer: index % 4,
				explanation: "Because.",
			})),
		},
	],
});

const WAIT = { Prefer: "wait=30" };

async function makeQuizzes({ ok }: Caller): Promise<string> {
	const { id } = await ok<Made>("POST", "quizzes", document("First", 3));
	await ok("PUT", `quizzes/${id}/publication`, { visibility: "public" }, WAIT);
	const submission = { quiz: id, answers: { "1": 0, "2": 3 }, started_at: Date.now(), time_taken_s: 9 };
	await ok("POST", "attempts", submission);
	await ok("PUT", `quizzes/${id}`, document("Second", 4), { "If-Match": "*" });
	await ok("PUT", `quizzes/${id}/publication`, { visibility: "tenant" }, WAIT);
	for (const choice of [0, 1]) await ok("POST", "attempts", { quiz: id, answers: { "1": choice } });
	await ok("POST", "quizzes", document("Never published", 1));
	const withdrawn = await ok<Made>("POST", "quizzes", document("Withdrawn", 2));
	await ok("PUT", `quizzes/${withdrawn.id}/publication`, { visibility: "private" });
	await ok("DELETE", `quizzes/${withdrawn.id}/publication`);
	return id;
}

async function makeLots({ ok }: Caller): Promise<void> {
	const grant = (body: object) => ok<Made>("POST", "credits/grants", { kind: "bonus", ...body });
	await grant({ amount: 500, kind: "purchase", reference: "order 1042" });
	await grant({ amount: 40, expires_at: YEAR_2100 });
	await grant({ amount: 7, effective_at: YEAR_2100 });
	const voided = await grant({ amount: 5 });
	await ok("POST", `credits/lots/${voided.id}/void`, { reason: "chargeback" });
	await grant({ amount: 3, priority: 100, expires_at: Date.now() + 1_000 });
	await ok("PUT", "credits/plan", { tier: "pro", amount: 20, anchor_day: 31, rollover_cap: 5 });
	await ok("PUT", "credits/preferences", { low_balance_at: 2, expiring_notice_s: 3_600 });
	await ok("PUT", "credits/limits", { daily_cap: 1_000 });
}

async function makeHolds({ ok, call }: Caller, quiz: string): Promise<void> {
	const texts = { model: "m-1", prompt: "About birds", conversation: [{ role: "user", content: "Ten questions" }] };
	const reserve = async (body: object) => (await ok<Made>("POST", "credits/holds", { ...texts, ...body })).id;
	const settled = await reserve({ amount: 8, purpose: "quiz", over_capture: { overdraft: 3 } });
	await ok("POST", `credits/holds/${settled}/settlement`, { amount: 10, tokens_used: 1_234, cost_cents: 5, quiz });
	await ok("POST", `credits/holds/${settled}/refund`, { amount: 2 });
	const byUnits = await reserve({ amount: 4, unit_price: 2 });
	await ok("POST", `credits/holds/${byUnits}/settlement`, { units: 1 });
	const released = await reserve({ amount: 3 });
	await ok("POST", `credits/holds/${released}/release`, { reason: "why", error: "timeout" });
	// A refusal is kept under its key as well.
	await call("POST", `credits/holds/${released}/settlement`, { amount: 1 });
	const late = await reserve({ amount: 6, ttl_s: 1, late_settle: "charge" });
	await reserve({ amount: 2, ttl_s: 1 });
	await pause(1_500);
	await ok("POST", `credits/holds/${late}/settlement`, { amount: 5 });
	const open = await reserve({ amount: 9, ttl_s: 5 });
	await ok("POST", `credits/holds/${open}/extension`, { amount: 2, ttl_s: 10 });
}

/** What the API says of the user, to be compared with what a later version says of the same file. */
async function whatIsRead({ ok }: Caller) {
	const items = async (path: string) => (await ok<{ items: { [name: string]: unknown }[] }>("GET", path)).items;
	const each = async (path: string) =>
		Promise.all((await items(`${path}?${PAGE}`)).map(({ id }) => ok("GET", `${path}/${id}`)));
	const [attempts, quizzes, holds] = [await each("attempts"), await each("quizzes"), await each("credits/holds")];
	const { head_seq, items: log } = await ok<{ head_seq: number; items: { at: number }[] }>("GET", `log?${PAGE}`);
	if (log.length !== head_seq) throw new Error("the log does not fit into one page");
	const at = log.at(-1)?.at ?? 0;
	return { user: USER, totals: await ok("GET", `credits?as_of=${at}`), attempts, quizzes, holds, log };
}

await run(async () => {
	parseCommandLine({
		usage: "npm run record:shard",
		about: "Records a user's shard as the first schema stores it. test/fixtures/README.md says when.",
	});
	if (readdirSync(join(ROOT, "do-migrations")).length > 1) {
		throw new Failure(
			"this is the recording of the first schema, and the code has gone on; record what it writes now as another",
		);
	}
	const folder = newQuietStateFolder();
	try {
		const server = await startServer(folder);
		const caller = await newCaller(server.url, folder, USER);
		const quiz = await makeQuizzes(caller);
		await makeLots(caller);
		await makeHolds(caller, quiz);
		const read = await whatIsRead(caller);
		await server.stop();

		rmSync(TARGET, { recursive: true, force: true });
		mkdirSync(TARGET, { recursive: true });
		const file = join(TARGET, shardFileName(USER));
		copyDatabase(shardFile(folder, USER), file);
		const database = new DatabaseSync(file);
		// Alarms are the platform's, which keeps a second list of them outside this file: without it none is armed.
		database.exec("DELETE FROM _cf_METADATA");
		database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
		database.close();
		writeFileSync(join(TARGET, "read.json"), `${JSON.stringify(read, null, "\t")}\n`);
	} finally {
		killServers();
		removeFolder(folder);
	}
});
