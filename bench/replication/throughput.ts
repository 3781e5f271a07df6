import { digestOf, rebuild } from "../../dev/catalog-operations.ts";
import { Client } from "../../dev/client.ts";
import { signToken } from "../../dev/signer.ts";
import { ConsumerLog } from "../lib/consumer-log.ts";
import { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { attemptCall, publishQuizzes, userHeaders } from "../lib/marksheet.ts";
import { startMarksheet, temporaryFolder } from "../lib/runtime.ts";
import { sum } from "../lib/statistics.ts";
import { messagesOf } from "./messages.ts";

export interface Size {
	shards: number;
	/** Of each shard. */
	attempts: number;
	quizzes: number;
}

export interface Throughput {
	applied: number;
	batches: number;
	submitted_per_s: number;
	applied_per_s: number;
	lag_events: number;
	catch_up_s: number;
	/** Events of all shards that the catalog's cursors have not reached when the last was applied; must be 0. */
	lag_when_done: number;
	rows_written: number;
	rows_read: number;
	/** Of everything, afterwards: how long it took, and the tables whose digests then were others; must be none. */
	rebuild: { shards: number; events: number; seconds: number; changed: string[] };
}

const CLIENTS = 32;
const CATCH_UP_S_MAX = 300;

/** Submits every shard's attempts in turn, as different people do, and waits until the catalog has them all. */
export async function throughput(bundle: string, { shards, attempts, quizzes }: Size) {
	const log = new ConsumerLog();
	const server = await startMarksheet({ bundle, folder: temporaryFolder(), onLog: log.read });
	const connections = new Connections(server.url, CLIENTS);
	try {
		const ids = await publishQuizzes(server.url, server.signer, quizzes);
		const authors = await messagesOf(connections, [await userHeaders(server.signer, "usr_author")]);
		const users = await Promise.all(
			Array.from({ length: shards }, (_, index) => userHeaders(server.signer, `usr_bench${index}`)),
		);
		await log.reaches(sum(authors.map(({ rows }) => rows.length)), CATCH_UP_S_MAX);
		log.clear();
		const started = performance.now();
		const load = await runAll(CLIENTS, shards * attempts, async (index) => {
			const call = attemptCall(users[index % shards] ?? {}, ids[index % quizzes] ?? "", index);
			await connections.expect(201, call);
		});
		const answered = performance.now();
		// One more of each shard: its log begins with `shard.opened`.
		const events = shards * (attempts + 1);
		const lag_events = events - log.applied;
		await log.reaches(events, CATCH_UP_S_MAX);
		const seconds = (log.last_at - started) / 1_000;
		const catalog = await server.miniflare.getD1Database("CATALOG");
		const cursors = await catalog.prepare("SELECT sum(applied_seq) AS rows FROM shards WHERE user_id <> 'usr_author'");
		const measured: Throughput = {
			applied: log.applied,
			batches: log.batches.length,
			submitted_per_s: load.per_second,
			applied_per_s: log.applied / seconds,
			lag_events,
			catch_up_s: Math.max(0, log.last_at - answered) / 1_000,
			lag_when_done: events - ((await cursors.first<number>("rows")) ?? 0),
			rows_written: sum(log.batches.map((batch) => batch.rows_written)),
			rows_read: sum(log.batches.map((batch) => batch.rows_read)),
			rebuild: await rebuilt(new Client(server.url, await signToken(server.signer, OPERATOR))),
		};
		return { measured, story: { authors, takers: await messagesOf(connections, users) } };
	} finally {
		connections.close();
		await server.stop();
	}
}

const OPERATOR = { subject: "svc_bench", scopes: ["admin"] };

/** Rebuilds the whole catalog from the logs and compares its digests. */
async function rebuilt(operator: Client): Promise<Throughput["rebuild"]> {
	const before = await digestOf(operator);
	const started = performance.now();
	const { shards, events } = await rebuild(operator, undefined);
	const seconds = (performance.now() - started) / 1_000;
	const after = await digestOf(operator);
	const changed = after.filter(({ digest }, index) => digest !== before[index]?.digest).map(({ table }) => table);
	return { shards, events, seconds, changed };
}
