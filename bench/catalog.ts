import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { step } from "../dev/progress.ts";
import { table } from "../dev/table.ts";
import { audiencesOf } from "../src/catalog/quizzes/quizzes.ts";
import { refreshPopularity } from "../src/catalog/reactions/popularity.ts";
import { browse, facetsOf, type Query } from "../src/catalog/search/browse.ts";
import type { Sort } from "../src/catalog/search/lists.ts";
import { relatedQuizzes } from "../src/catalog/search/related.ts";
import type { Filters } from "../src/domain/search/search.ts";
import { asD1, deliver, newCatalog, searchOf } from "./catalog/database.ts";
import { type Cost, costOf, type LocalD1 } from "./catalog/meter.ts";
import { EVERYWHERE, FREQUENT, Publications, RARE, TAG } from "./catalog/quizzes.ts";

/** Fills a catalog through the fold, and shows what each list and search reads. Fails on a scan, or on more rows than are allowed. */

const QUIZZES_PER_SHARD = 50;
const MESSAGES_PER_BATCH = 20;
const PAGE = 20;
const REPEATS = 5;
/** What a page may read at most, however many quizzes there are. */
const ROWS_MAX = { page: 12 * PAGE, candidates: 60_000 } as const;

const audiences = audiencesOf({ tenant: "ten_1", user: "usr_bench1" });

await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run bench:catalog [-- OPTIONS]",
		about: "Fills a catalog through the fold, and shows what each list and search of it reads. Fails on a scan.",
		options: { quizzes: { type: "string", default: "50000", about: "how many quizzes" } },
	});
	const { db, dispose } = await newCatalog();
	try {
		await fill(db, Number(values.quizzes));
		await show(db);
	} finally {
		await dispose();
	}
});

async function fill(db: LocalD1, count: number): Promise<void> {
	const publications = new Publications(1);
	const shards = Math.ceil(count / QUIZZES_PER_SHARD);
	let rows = 0;
	let ms = 0;
	const work = async () => {
		for (let first = 0; first < shards; first += MESSAGES_PER_BATCH) {
			const size = Math.min(MESSAGES_PER_BATCH, shards - first);
			const bodies = Array.from({ length: size }, (_, n) =>
				publications.message(`usr_bench${first + n}`, QUIZZES_PER_SHARD),
			);
			const started = performance.now();
			rows += await deliver(db, bodies);
			ms += performance.now() - started;
		}
	};
	const done = () => `${shards * QUIZZES_PER_SHARD} quizzes through the fold`;
	await step("publishing", work, done);
	const all = shards * QUIZZES_PER_SHARD;
	console.log(
		`${(rows / all).toFixed(2)} rows written and ${((ms / all) * 1_000).toFixed(0)} µs per publication in batches.`,
	);
	console.log(
		`${await deliver(db, [publications.message("usr_alone", 1)])} rows written by one alone, with its shard's first.\n`,
	);
	const stepped = performance.now();
	const looked = await refreshPopularity(asD1(db));
	console.log(`${looked} quizzes per step of the round in ${(performance.now() - stepped).toFixed(0)} ms.\n`);
}

interface Read {
	name: string;
	rows_max: number;
	work: (db: D1DatabaseSession) => Promise<unknown>;
}

function list(name: string, q: string | null, filters: Filters, sort: Sort | undefined, rows_max: number): Read {
	const query: Query = { audiences, filters, search: q === null ? null : searchOf(q), sort };
	return { name, rows_max, work: (db) => browse(query, () => null)(db, PAGE) };
}

function facets(name: string, q: string | null, rows_max: number): Read {
	const query: Query = { audiences, filters: {}, search: q === null ? null : searchOf(q), sort: undefined };
	return { name, rows_max, work: (db) => facetsOf(db, query) };
}

function reads(): Read[] {
	const { page, candidates } = ROWS_MAX;
	const sorts = ["newest", "popular", "rating", "title"] as const;
	const rank = [
		EVERYWHERE,
		`${FREQUENT} `,
		`${RARE} `,
		`${EVERYWHERE} ${FREQUENT} -${RARE}`,
		`"${FREQUENT} ${FREQUENT}"`,
		"de",
		"deba",
		"debab",
	];
	return [
		...sorts.map((sort) => list(`sort=${sort}`, null, {}, sort, page)),
		list("tag, newest", null, { tag: TAG }, "newest", page),
		list("tag and difficulty, newest", null, { tag: TAG, difficulty: "expert" }, "newest", page),
		list("author, newest", null, { author: "usr_bench7" }, "newest", page),
		...sorts.slice(1).map((sort) => list(`tag, sort=${sort}`, null, { tag: TAG }, sort, candidates)),
		list("word in all, newest", EVERYWHERE, {}, "newest", page),
		...rank.map((q) => list(`search ${q.trim()}${q.endsWith(" ") ? "" : "…"}`, q, {}, undefined, candidates)),
		facets("facets of everything", null, candidates),
		facets("facets of a search", EVERYWHERE, candidates),
		{
			name: "related",
			rows_max: candidates,
			work: (db) => relatedQuizzes(db, audiences, { id: "", tags: [TAG], title: `${FREQUENT} ${RARE}` }, PAGE),
		},
	];
}

async function show(db: LocalD1): Promise<void> {
	const rows: string[][] = [];
	const faults: string[] = [];
	for (const { name, rows_max, work } of reads()) {
		const costs: Cost[] = [];
		for (let n = 0; n < REPEATS; n++) costs.push(await costOf(db, work));
		const [first] = costs;
		if (!first) continue;
		const ms = costs.map((cost) => cost.ms).sort((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? 0;
		rows.push([name, String(first.rows_read), String(rows_max), ms.toFixed(1), [...first.indexes].join(" ")]);
		if (first.scans.length > 0) faults.push(`${name}: ${first.scans.join(", ")}`);
		if (first.rows_read > rows_max) faults.push(`${name} reads ${first.rows_read} rows, and may read ${rows_max}.`);
	}
	console.log(table(["read of a page of 20", "rows read", "allowed", "ms (median)", "indexes"], rows));
	if (faults.length > 0) throw new Failure(faults.join("\n"));
	console.log("\nEvery one uses an index and stays within what it may read.");
}
