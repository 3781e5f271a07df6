import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { note } from "../../dev/progress.ts";
import { ROOT } from "../../dev/settings.ts";
import { answersOf, QUESTIONS, quizDocument } from "../lib/marksheet.ts";
import { temporaryFolder, whenDone } from "../lib/runtime.ts";
import { seededQuiz } from "../lib/seeded-quizzes.ts";
import { CREDITS, SEED_TAKERS, type System } from "./system.ts";

/** Where Debian's package puts the programs, by version. */
const PACKAGE_FOLDER = "/usr/lib/postgresql";
const START_MS_MAX = 20_000;
const QUIZ = "quiz-0";

/** Its own defaults but for the memory; above all fsync and synchronous_commit are on, which the benchmark checks. */
const SETTINGS = ["shared_buffers=256MB", "max_connections=50", "listen_addresses="];

/** Hono on Node with PostgreSQL of Debian's package, in a folder of its own; null, with a line that says so, without the package. */
export async function startPostgres(users: number): Promise<System | null> {
	const programs = programFolder();
	if (programs === null) {
		note(`  – PostgreSQL is left out: there is none in ${PACKAGE_FOLDER} (Debian's package postgresql)`);
		return null;
	}
	const folder = temporaryFolder();
	const server = startServer(programs, folder);
	const client = await connected(folder);
	await seed(client, users);
	const api = await startApi(folder);
	let quizzes = 1;
	let seeded = 0;
	return {
		name: "Hono + PostgreSQL",
		url: api.url,
		quiz: QUIZ,
		headers: (n) => ({ Authorization: `user-${n}` }),
		settled_status: 200,
		processes: [server.pid, api.pid],
		reads: {
			async seedAttempts(attempts) {
				const quiz = `quiz-of-${attempts}`;
				await insertQuiz(client, quiz);
				quizzes++;
				await client.query(
					`INSERT INTO results (user_id, number, quiz_id, score, max_score, percentage, passed, answers, time_taken_s)
						SELECT 'seed-' || (i % ${SEED_TAKERS}), $1 + i, $2, i % 11, ${QUESTIONS}, (i % 11) * 10.0, (i % 11) >= 5, $3, 95
						FROM generate_series(0, $4 - 1) AS i`,
					[attempts * 10, quiz, JSON.stringify(answersOf(0)), attempts],
				);
				await client.query("VACUUM ANALYZE results");
				return quiz;
			},
			async seedQuizzes(total) {
				const rows = Array.from({ length: Math.max(0, total - quizzes) }, () => ({
					n: seeded,
					...seededQuiz(seeded++),
				}));
				await client.query(
					`INSERT INTO quizzes SELECT 'seed-' || n, 'user-0', title, description, '["bench"]', 'beginner', '{}', true, n
						FROM jsonb_to_recordset($1) AS q (n bigint, title text, description text)`,
					[JSON.stringify(rows)],
				);
				quizzes = total;
				await client.query("VACUUM ANALYZE quizzes");
			},
			statisticsRows: async () => null,
			listRows: async () => null,
			searchRows: async () => null,
		},
		async stop() {
			await api.stop();
			await client.end();
			await server.stop();
		},
	};
}

/** The newest version's. */
function programFolder(): string | null {
	if (!existsSync(PACKAGE_FOLDER)) return null;
	const versions = readdirSync(PACKAGE_FOLDER).sort((a, b) => Number(b) - Number(a));
	const folders = versions.map((version) => join(PACKAGE_FOLDER, version, "bin"));
	return folders.find((folder) => existsSync(join(folder, "postgres"))) ?? null;
}

/** PostgreSQL refuses to run as root; then it runs as the user that its package made. */
function unprivileged(folder: string): { uid?: number; gid?: number } {
	if (process.getuid?.() !== 0) return {};
	const line = readFileSync("/etc/passwd", "utf8")
		.split("\n")
		.find((entry) => entry.startsWith("postgres:"));
	const [, , uid, gid] = line?.split(":") ?? [];
	if (uid === undefined || gid === undefined) throw new Error("running as root, and there is no user postgres");
	chownSync(folder, Number(uid), Number(gid));
	return { uid: Number(uid), gid: Number(gid) };
}

interface Process {
	pid: number;
	stop(): Promise<void>;
}

function startServer(programs: string, folder: string): Process {
	const identity = unprivileged(folder);
	const data = join(folder, "data");
	const init = ["-D", data, "-U", "bench", "--auth=trust", "--no-locale", "--encoding=UTF8"];
	const made = spawnSync(join(programs, "initdb"), init, { ...identity, cwd: folder, encoding: "utf8" });
	if (made.status !== 0) throw new Error(`initdb fails: ${made.stderr}`);
	const settings = [...SETTINGS, `unix_socket_directories=${folder}`].flatMap((setting) => ["-c", setting]);
	const server = spawn(join(programs, "postgres"), ["-D", data, ...settings], {
		...identity,
		cwd: folder,
		stdio: "ignore",
	});
	// Whatever ends the benchmark, it leaves no database server behind.
	whenDone(() => server.kill("SIGQUIT"));
	return { pid: server.pid ?? 0, stop: () => stopped(server, "SIGINT") };
}

function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
	return new Promise((resolve) => {
		child.once("close", () => resolve());
		child.kill(signal);
	});
}

async function connected(folder: string): Promise<Client> {
	const deadline = performance.now() + START_MS_MAX;
	for (;;) {
		const client = new Client({ host: folder, user: "bench", database: "postgres" });
		try {
			await client.connect();
			await client.query("CREATE DATABASE bench");
			await client.end();
			break;
		} catch (error) {
			await client.end().catch(() => {});
			if (performance.now() > deadline) throw error;
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
	const client = new Client({ host: folder, user: "bench", database: "bench" });
	await client.connect();
	return client;
}

async function seed(client: Client, users: number): Promise<void> {
	for (const setting of ["fsync", "synchronous_commit"]) {
		const { rows } = await client.query(`SHOW ${setting}`);
		if (rows[0][setting] !== "on") throw new Error(`${setting} is ${rows[0][setting]}; the comparison needs it on`);
	}
	await client.query(readFileSync(join(ROOT, "bench/peers/postgres/schema.sql"), "utf8"));
	await client.query(
		`INSERT INTO users (id, name, ai_credits) SELECT 'user-' || i, 'User ' || i, ${CREDITS} FROM generate_series(0, $1 - 1) AS i`,
		[users],
	);
	await insertQuiz(client, QUIZ);
}

async function insertQuiz(client: Client, id: string): Promise<void> {
	const content = JSON.stringify(quizDocument("Quiz"));
	await client.query(
		`INSERT INTO quizzes VALUES ($1, 'user-0', 'Quiz', 'For measuring.', '["bench"]', 'beginner', $2, true, 0)`,
		[id, content],
	);
}

async function startApi(folder: string): Promise<Process & { url: string }> {
	const script = join(ROOT, "bench/peers/postgres/server.ts");
	const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
	whenDone(() => child.kill("SIGKILL"));
	const port = await new Promise<number>((resolve, reject) => {
		child.once("close", () => reject(new Error("the API on PostgreSQL does not start")));
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			const [, listening] = /listening (\d+)/.exec(text) ?? [];
			if (listening !== undefined) resolve(Number(listening));
		});
	});
	return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop: () => stopped(child, "SIGTERM") };
}
