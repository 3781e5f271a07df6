import { table } from "../../dev/table.ts";
import { type Call, Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { SEARCHED } from "../lib/seeded-quizzes.ts";
import { type Spread, shown, shownSpread, spread } from "../lib/statistics.ts";
import type { Reads, System } from "../systems/system.ts";

/** Whether reading gets dearer as the catalog grows: statistics by attempts, lists and searches by quizzes. One client, one after another. */

const PAGE = 20;

export interface ReadSettings {
	attempts: readonly number[];
	/** From 1,000 on, so that all quizzes with the rare word are there. */
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

/** What is asked of the quizzes, whose numbers are the sizes. */
const QUIZ_READS: QuizRead[] = [
	{ name: "newest quizzes, by quizzes", q: null },
	{ name: "search of a rare word, by quizzes", q: SEARCHED.rare },
	{ name: "search of a common word, by quizzes", q: SEARCHED.common },
];

interface QuizRead {
	name: string;
	/** The word that is searched for; null for a list. */
	q: string | null;
}

async function lists(systems: readonly Readable[], settings: ReadSettings): Promise<ReadRow[]> {
	const rows = new Map<QuizRead, ReadRow[]>(QUIZ_READS.map((read) => [read, []]));
	for (const size of settings.quizzes) {
		for (const system of systems) await system.reads.seedQuizzes(size);
		for (const [read, measured] of rows) {
			const targets: Target[] = [];
			for (const system of systems) targets.push(await quizTarget(system, size, read));
			measured.push(...(await measure(read.name, targets, settings)));
		}
	}
	return [...rows.values()].flat();
}

async function quizTarget(system: Readable, size: number, { q }: QuizRead): Promise<Target> {
	const headers = system.headers(0);
	if (q === null) {
		const call: Call = { method: "GET", path: `/v1/quizzes?limit=${PAGE}`, headers };
		return { system, size, call, rows_read: await system.reads.listRows(PAGE) };
	}
	// The blank after it says that it is a whole word; without, Marksheet takes the last word for the beginning of one.
	const whole = `${q} `;
	const path = `/v1/quizzes?${new URLSearchParams({ q: whole, limit: String(PAGE) })}`;
	const call: Call = { method: "GET", path, headers };
	await demandFound(system, call, q);
	return { system, size, call, rows_read: await system.reads.searchRows(whole, PAGE) };
}

interface FoundPage {
	items: { title: string; description: string }[];
}

/** @throws unless the answer is a full page of quizzes with the word: a benchmark of finding nothing would measure nothing */
async function demandFound({ name, url }: Readable, call: Call, word: string): Promise<void> {
	const connections = new Connections(url, 1);
	const { items }: FoundPage = JSON.parse(await connections.expect(200, call));
	connections.close();
	const found = items.filter(({ title, description }) => `${title} ${description}`.includes(word));
	if (found.length !== PAGE || items.length !== PAGE) {
		throw new Error(
			`${name} finds ${found.length} quizzes with "${word}" among ${items.length}; there are ${PAGE} and more`,
		);
	}
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
		read,
		system: system.name,
		size,
		latency_ms: spread(each),
		rows_read,
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
			row.read,
			row.system,
			row.size.toLocaleString("en-US"),
			shownSpread(row.latency_ms),
			row.rows_read === null ? "–" : shown(row.rows_read),
			`${shown(row.latency_ms.median / smallest(row).latency_ms.median)} ×`,
		]),
	);
}
