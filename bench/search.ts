import { parseCommandLine } from "../dev/command-line.ts";
import { Failure, run } from "../dev/failure.ts";
import { step } from "../dev/progress.ts";
import { table } from "../dev/table.ts";
import { audiencesOf } from "../src/catalog/quizzes/quizzes.ts";
import { browse } from "../src/catalog/search/browse.ts";
import type { Filters } from "../src/domain/search/search.ts";
import { deliver, newCatalog, searchOf } from "./catalog/database.ts";
import type { LocalD1 } from "./catalog/meter.ts";
import { EVERYWHERE, Publications } from "./catalog/quizzes.ts";

/** How the time of a search by relevance grows with the catalog. Four in five quizzes are public, as in bench/catalog.ts. */

const QUIZZES_PER_SHARD = 50;
const MESSAGES_PER_BATCH = 20;
const PAGE = 20;
/** A statement is run so many times in one batch, so that the way to the engine counts little; a slow one less often. */
const TIMES = { quick: 20, slow: 3 } as const;
const SLOW_MS = 50;
const ROUNDS = 5;
const RARE_QUIZZES = 20;

const audiences = audiencesOf({ tenant: "ten_1", user: "usr_bench1" });

/** What the columns are called, the query, and filters. A word that ends in a space is a whole one. */
const SEARCHES: [name: string, q: string, filters?: Filters][] = [
	["rare word, in 20 quizzes", "raritas "],
	["rare word, while typed", "raritas"],
	["rare word, with a filter", "raritas ", { difficulty: "expert" }],
	["rare and common word", "raritas communis "],
	["common word, in a tenth", "communis "],
	["common word, while typed", "communis"],
	["common and everywhere", `communis ${EVERYWHERE} `],
	["phrase, in a thirtieth", '"communis vulgaris"'],
	["word in all, while typed", EVERYWHERE],
	["beginning, 2 letters", "de"],
	["beginning, 5 letters", "debab"],
];

/** The rare word in `RARE_QUIZZES`, the common one in every tenth, half of them in the title; every third of these as a phrase. */
const marked = (size: number) => (number: number) => {
	const words: string[] = [];
	if (number % (size / RARE_QUIZZES) === 0) words.push("raritas");
	if (number % 10 === 3) words.push(number % 3 === 0 ? "communis vulgaris" : "communis");
	const added = words.map((word) => ` ${word}`).join("");
	const inTitle = number % 20 === 3 || ((number * RARE_QUIZZES) / size) % 2 === 1;
	return inTitle ? { title: added } : { description: added };
};

await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run bench:search [-- OPTIONS]",
		about: "How the time of a search by relevance grows with the catalog; about a minute.",
		options: {
			sizes: { type: "string", default: "1000,10000,50000", about: "how many quizzes, each a multiple of 1000" },
		},
	});
	const sizes = values.sizes.split(",").map(Number);
	if (!sizes.every((size) => size > 0 && size % 1_000 === 0)) throw new Failure("A size is a multiple of 1000.");
	const rows = new Map(SEARCHES.map(([name]) => [name, [name]]));
	for (const size of sizes) {
		const { db, dispose } = await newCatalog();
		try {
			await step(
				"publishing",
				() => fill(db, size),
				() => `${size} quizzes through the fold`,
			);
			for (const [name, q, filters = {}] of SEARCHES) {
				const { ms, rows_read } = await costOf(db, q, filters);
				rows.get(name)?.push(`${ms.toFixed(1)} ms, ${rows_read}`);
			}
		} finally {
			await dispose();
		}
	}
	console.log(table(["a page by relevance, rows read", ...sizes.map((size) => `${size} quizzes`)], [...rows.values()]));
});

async function fill(db: LocalD1, size: number): Promise<void> {
	const publications = new Publications(1, marked(size));
	for (let shard = 0; shard < size / QUIZZES_PER_SHARD; shard += MESSAGES_PER_BATCH) {
		const shards = Math.min(MESSAGES_PER_BATCH, size / QUIZZES_PER_SHARD - shard);
		const messages = Array.from({ length: shards }, (_, n) =>
			publications.message(`usr_bench${shard + n}`, QUIZZES_PER_SHARD),
		);
		await deliver(db, messages);
	}
}

/** What the route reads for the first page: ms of its statements, and their rows. */
async function costOf(db: LocalD1, q: string, filters: Filters) {
	const search = searchOf(q);
	const statements: { ms: number; rows: number }[] = [];
	const prepare = (query: string) => ({
		bind: (...bound: unknown[]) => ({
			all: async () => {
				const statement = () => db.prepare(query).bind(...bound);
				const result = await statement().all();
				const times = result.meta.duration > SLOW_MS ? TIMES.slow : TIMES.quick;
				const batches: number[] = [];
				for (let round = 0; round < ROUNDS; round++) {
					const started = performance.now();
					await db.batch(Array.from({ length: times }, statement));
					batches.push((performance.now() - started) / times);
				}
				statements.push({ ms: batches.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0, rows: result.meta.rows_read });
				return result;
			},
		}),
	});
	// The read calls nothing else than prepare, bind and all.
	const session = { prepare } as unknown as D1DatabaseSession;
	await browse({ audiences, filters, search, sort: undefined }, () => null)(session, PAGE);
	return {
		ms: statements.reduce((sum, { ms }) => sum + ms, 0),
		rows_read: statements.reduce((sum, { rows }) => sum + rows, 0),
	};
}
