import { table } from "../../scripts/lib/table.ts";
import { type Call, Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { type Spread, shown, shownSpread, spread } from "../lib/statistics.ts";
import type { Reads, System } from "../systems/system.ts";

/** Whether reading gets dearer as the catalog grows: statistics by attempts, lists by quizzes. One client, one after another. */

const PAGE = 20;

export interface ReadSettings {
	attempts: readonly number[];
	quizzes: readonly number[];
	rounds: number;
	/** Of each round. */
	requests: number;
}

export interface ReadRow {
	read: string;
	system: string;
	size: number;
	/** Median of a round's requests. */
	latency_ms: Spread;
	/** By D1's counter; null where there is none. */
	rows_read: number | null;
}

type Readable = System & { reads: Reads };

export async function reads(systems: readonly System[], settings: ReadSettings): Promise<ReadRow[]> {
	const readable = systems.filter((system): system is Readable => system.reads !== null);
	return [...(await statistics(readable, settings)), ...(await lists(readable, settings))];
}

interface Target {
	system: Readable;
	size: number;
	call: Call;
	rows_read: number | null;
}

async function statistics(systems: readonly Readable[], settings: ReadSettings): Promise<ReadRow[]> {
	const targets: Target[] = [];
	for (const size of settings.attempts) {
		for (const system of systems) {
			const quiz = await system.reads.seedAttempts(size);
			const path = `/v1/quizzes/${quiz}/statistics`;
			const call: Call = { method: "GET", path, headers: system.headers(0) };
			targets.push({ system, size, call, rows_read: await system.reads.statisticsRows(quiz) });
		}
	}
	return measure("statistics of a quiz, by attempts", targets, settings);
}

async function lists(systems: readonly Readable[], settings: ReadSettings): Promise<ReadRow[]> {
	const rows: ReadRow[] = [];
	for (const size of settings.quizzes) {
		const targets: Target[] = [];
		for (const system of systems) {
			await system.reads.seedQuizzes(size);
			const call: Call = { method: "GET", path: `/v1/quizzes?limit=${PAGE}`, headers: system.headers(0) };
			targets.push({ system, size, call, rows_read: await system.reads.listRows(PAGE) });
		}
		rows.push(...(await measure("newest quizzes, by quizzes", targets, settings)));
	}
	return rows;
}

/** All targets in turn in each round. */
async function measure(read: string, targets: readonly Target[], settings: ReadSettings): Promise<ReadRow[]> {
	const medians = new Map<Target, number[]>(targets.map((target) => [target, []]));
	for (let round = 0; round < settings.rounds; round++) {
		for (const [target, each] of medians) {
			const connections = new Connections(target.system.url, 1);
			const run = async () => {
				await connections.expect(200, target.call);
			};
			await runAll(1, Math.ceil(settings.requests / 4), run);
			each.push(spread((await runAll(1, settings.requests, run)).latencies_ms).median);
			connections.close();
		}
	}
	return [...medians].map(([{ system, size, rows_read }, each]) => ({
		...{ read, system: system.name, size, latency_ms: spread(each), rows_read },
	}));
}

export function readTable(rows: readonly ReadRow[]): string {
	const smallest = (row: ReadRow) => {
		const same = rows.filter(({ read, system }) => read === row.read && system === row.system);
		return same.reduce((least, other) => (other.size < least.size ? other : least), row);
	};
	return table(
		["reading", "system", "size", "ms", "rows read", "of the smallest"],
		rows.map((row) => [
			...[row.read, row.system, row.size.toLocaleString("en-US"), shownSpread(row.latency_ms)],
			row.rows_read === null ? "–" : shown(row.rows_read),
			`${shown(row.latency_ms.median / smallest(row).latency_ms.median)} ×`,
		]),
	);
}
