import { table } from "../../dev/table.ts";
import { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { attemptCall, publishQuizzes, userHeaders } from "../lib/marksheet.ts";
import { processorMs } from "../lib/processes.ts";
import { type Runtime, startMarksheet, temporaryFolder } from "../lib/runtime.ts";
import { type Spread, shown, shownSpread, spread } from "../lib/statistics.ts";

/** What a long log costs its owner: a command on it, and the first touch of an object that is not in memory. */

const CATCH_UP_MS_MAX = 30_000;
const POLL_MS = 50;
/** Submissions of one round, one after another. */
const COMMANDS = 200;

export interface GrowthSettings {
	rows: readonly number[];
	rounds: number;
}

export interface GrowthRow {
	rows: number;
	command_ms: Spread;
	command_processor_us: Spread | null;
	/** From the request to the answer, the object not being in memory, in a process that is warm. */
	cold_ms: Spread;
}

interface Owner {
	rows: number;
	user: string;
	headers: Record<string, string>;
}

type Server = Awaited<ReturnType<typeof startMarksheet>>;

export async function growth(bundle: string, { rows, rounds }: GrowthSettings): Promise<GrowthRow[]> {
	const folder = temporaryFolder();
	// Seeded as only the runtime itself can: by writing to the objects' own databases.
	let server = await startMarksheet({ bundle, folder, changes: { unsafeInspectDurableObjects: true } });
	const [quiz = ""] = await publishQuizzes(server.url, server.signer, 1);
	const owners = await Promise.all(
		rows.map(async (size): Promise<Owner> => {
			const user = `usr_grown${size}`;
			return { rows: size, user, headers: await userHeaders(server.signer, user) };
		}),
	);
	for (const owner of owners) await grow(server, owner, quiz);
	const samples = new Map(
		owners.map((owner) => [owner, { commands: [] as number[], processor: [] as number[], cold: [] as number[] }]),
	);
	for (let round = 0; round < rounds; round++) {
		// A new process has none of the objects in memory, nor what was sent and what not.
		await server.stop();
		server = await startMarksheet({ bundle, folder });
		await warmUp(server);
		const shift = round % owners.length;
		for (const owner of [...owners.slice(shift), ...owners.slice(0, shift)]) {
			const sample = samples.get(owner);
			sample?.cold.push(await firstTouch(server, owner));
		}
		for (const owner of owners) {
			const { latency_ms, processor_us } = await commands(server, owner, quiz);
			samples.get(owner)?.commands.push(latency_ms);
			if (processor_us !== null) samples.get(owner)?.processor.push(processor_us);
		}
	}
	await server.stop();
	return [...samples].map(([owner, sample]) => ({
		rows: owner.rows,
		command_ms: spread(sample.commands),
		cold_ms: spread(sample.cold),
		command_processor_us: sample.processor.length === 0 ? null : spread(sample.processor),
	}));
}

/** Gives the owner's log so many rows by copying that of one attempt, in the object's own tables, and moves the cursor there. */
async function grow({ url, miniflare }: Server, { rows, user, headers }: Owner, quiz: string): Promise<void> {
	const connections = new Connections(url, 1);
	await connections.expect(201, attemptCall(headers, quiz, 0));
	const catalog = await miniflare.getD1Database("CATALOG");
	const deadline = performance.now() + CATCH_UP_MS_MAX;
	const cursor = catalog.prepare("SELECT applied_seq FROM shards WHERE user_id = ?").bind(user);
	while ((await cursor.first<number>("applied_seq")) !== 2) {
		if (performance.now() > deadline) throw new Error("the catalog does not follow");
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
	connections.close();
	const storage = await miniflare.unsafeGetDurableObjectStorage("marksheet", "UserShard", { name: user });
	for (const [name, replaced] of Object.entries({
		log: {
			seq: "2 + i",
			at: "at + i",
			hash: "zeroblob(32)",
			attempt_head: "2 + i",
			body: "json_set(body, '$.number', 1 + i)",
		},
		attempts: { seq: "2 + i", number: "1 + i" },
	})) {
		const columns = (await storage.exec<{ name: string }>(`PRAGMA table_info(${name})`)).map((column) => column.name);
		const values = columns.map((column) => (replaced as Record<string, string>)[column] ?? column);
		await storage.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows - 2})
			INSERT INTO ${name} (${columns}) SELECT ${values} FROM ${name}, n WHERE ${name}.seq = 2`);
	}
	await catalog.prepare("UPDATE shards SET applied_seq = ? WHERE user_id = ?").bind(rows, user).run();
}

/** So that what the process does once is not counted as the object's. */
async function warmUp({ url, signer }: Server): Promise<void> {
	const connections = new Connections(url, 1);
	for (let n = 0; n < 5; n++) {
		const headers = await userHeaders(signer, `usr_warm${n}`);
		await connections.send({ method: "GET", path: "/v1/users/me/attempts?limit=1", headers });
	}
	connections.close();
}

async function firstTouch({ url }: Runtime, { headers }: Owner): Promise<number> {
	const connections = new Connections(url, 1);
	const health = { method: "GET" as const, path: "/health" };
	await connections.expect(200, health);
	const begun = performance.now();
	await connections.expect(200, { method: "GET", path: "/v1/users/me/attempts?limit=1", headers });
	connections.close();
	return performance.now() - begun;
}

async function commands({ url, pid }: Runtime, { headers }: Owner, quiz: string) {
	const connections = new Connections(url, 1);
	const submit = async (index: number) => {
		await connections.expect(201, attemptCall(headers, quiz, index));
	};
	await runAll(1, COMMANDS / 2, submit);
	const before = processorMs([pid]);
	const { latencies_ms } = await runAll(1, COMMANDS, submit);
	const after = processorMs([pid]);
	connections.close();
	const processor_us = before === null || after === null ? null : ((after - before) * 1_000) / COMMANDS;
	return { latency_ms: spread(latencies_ms).median, processor_us };
}

export function growthTable(rows: readonly GrowthRow[]): string {
	const [first] = rows;
	return table(
		["rows in the owner's log", "submit, ms", "processor µs", "of the smallest", "first touch, ms"],
		rows.map(({ rows: size, command_ms, command_processor_us, cold_ms }) => [
			size.toLocaleString("en-US"),
			shownSpread(command_ms),
			command_processor_us ? shownSpread(command_processor_us) : "–",
			`${shown(command_ms.median / (first?.command_ms.median ?? Number.NaN))} ×`,
			shownSpread(cold_ms),
		]),
	);
}
