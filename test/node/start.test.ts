import { existsSync, readFileSync, statSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../dev/port.ts";
import { ROOT } from "../../dev/settings.ts";
import { bash, command, newStateFolder, removeFolder, type Server, startServer } from "./harness.ts";

const folder = newStateFolder();
let server: Server;
beforeAll(async () => {
	server = await startServer(folder);
});
afterAll(async () => {
	await server.stop();
	removeFolder(folder);
});

/** A body as it comes over the wire, which fetch() would decompress. */
const bytesOf = (url: string, headers: Record<string, string>) =>
	new Promise<Buffer>((resolve, reject) => {
		get(url, { headers }, (response) => void buffer(response).then(resolve, reject)).once("error", reject);
	});

/** One line on stderr, nothing else, exit code 1. */
const clearly = (line: RegExp) => ({ code: 1, stdout: "", stderr: expect.stringMatching(line) });

describe("the first start", () => {
	test("loads the seeds and shows the tour, its statistics and the hardest question", () => {
		expect(server.stderr).toMatch(/\d\d quizzes loaded from seeds\//);
		expect(server.stdout).toMatch(/quiz +attempts +takers +mean +pass rate\n.*\n( +\S.* +2 +2 +\d+\.\d % +\d+ %\n){4}/);
		expect(server.stdout).toMatch(/5 reserved +15 +5 +0\n +3 settled, 2 back +17 +0 +3\n +4 reserved +13 +4 +3\n/);
		expect(server.stdout).toMatch(/hardest question: ".+" \(.+\), facility [01]\.\d\d/);
	});

	test("prints the address of the reference, a token, and nothing of the Worker's log", () => {
		expect(server.stdout).toContain(`${server.url}/docs`);
		expect(server.token).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
		expect(server.stdout + server.stderr).not.toContain('"at":"queue"');
		expect(readFileSync(join(folder, "worker.log"), "utf8")).toContain('"queue":"marksheet-log"');
	});

	test("names the users of the tour, and a command for a token of one of them that works when pasted", async () => {
		const [, ada = ""] = /Ada is (usr_ada_[0-9a-z]+), Bo is usr_bo_/.exec(server.stdout) ?? [];
		const [hint = ""] = /STATE_DIR=\S+ npm run -s token -- --user \S+/.exec(server.stdout) ?? [];
		expect(hint).toBe(`STATE_DIR=${folder} npm run -s token -- --user ${ada}`);
		expect((await bash(hint)).stdout).toMatch(/^eyJ\S+\n$/);
	});

	test("keeps the signing key to its owner", () => {
		expect(statSync(join(folder, "signing-key.json")).mode & 0o777).toBe(0o600);
	});

	test("prints the token once, and three curl lines that work when pasted after it, again and again", async () => {
		expect(server.stdout.split(server.token)).toHaveLength(2);
		const paste = (line: string) => bash(`TOKEN=${server.token}\n${line}`);
		const [list = "", submit = "", statistics = ""] = server.curls;
		expect(server.curls).toHaveLength(3);
		expect(JSON.parse((await paste(list)).stdout).items).toHaveLength(5);
		const attempts = async () => JSON.parse((await paste(statistics)).stdout).attempts;
		const before = await attempts();
		const attempt = JSON.parse((await paste(submit)).stdout);
		expect(attempt).toMatchObject({ status: "submitted", max_score: 10, number: 1 });
		await expect.poll(attempts, { timeout: 20_000 }).toBe(before + 1);
	});

	test("leaves databases that wrangler finds up to date", async () => {
		const line = "node_modules/.bin/wrangler d1 migrations list CATALOG --local --persist-to";
		expect((await bash(`${line} ${folder}`)).stdout).toContain("No migrations to apply");
	});
});

describe("the reference", () => {
	test("is served with all it needs from this server", async () => {
		const page = await fetch(`${server.url}/docs`);
		expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'self'");
		const html = await page.text();
		const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
		expect(links.length).toBeGreaterThanOrEqual(4);
		for (const link of links) {
			expect(link).toMatch(/^\/[^/]/);
			expect((await fetch(server.url + link)).status, link).toBe(200);
		}
	});

	test("comes over the wire as it was compressed, and plain to who takes nothing else", async () => {
		for (const name of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
			const url = `${server.url}/docs-assets/${name}`;
			const file = readFileSync(join(ROOT, "node_modules/swagger-ui-dist", name));
			const packed = await bytesOf(url, { "Accept-Encoding": "gzip" });
			expect(packed.length).toBeLessThan(file.length / 3);
			expect(gunzipSync(packed).equals(file), name).toBe(true);
			for (const headers of [{}, { "Accept-Encoding": "identity" }, { "Accept-Encoding": "gzip;q=0" }]) {
				expect((await bytesOf(url, headers)).equals(file), `${name} ${JSON.stringify(headers)}`).toBe(true);
			}
		}
	});

	test("is where the root leads", async () => {
		const root = await fetch(`${server.url}/`, { redirect: "manual" });
		expect([root.status, root.headers.get("Location")]).toEqual([302, "/docs"]);
	});

	test("refers to no other origin", async () => {
		const texts = ["/docs", "/docs-assets/docs.js", "/docs-assets/swagger-ui.css"];
		for (const path of texts) {
			const text = await (await fetch(server.url + path)).text();
			expect(text.match(/(?:src=|href=|url\(|import )["']?(?:https?:)?\/\/[^"')]+/g), path).toBeNull();
		}
	});
});

describe("another start", () => {
	test("at a taken port gives one clear line, and makes no state", async () => {
		const other = newStateFolder();
		removeFolder(other);
		const ended = await command("start.ts", [], { PORT: String(server.port), STATE_DIR: other });
		expect(ended).toEqual(clearly(/^Port \d+ is taken\. Stop what listens there, or choose another: .+\n$/));
		expect(existsSync(other)).toBe(false);
	});

	test("on the same state folder gives one clear line", async () => {
		const ended = await command("start.ts", [], { PORT: "0", STATE_DIR: folder });
		expect(ended).toEqual(clearly(/^The state folder \S+ is in use by process \d+\. Stop it, .+\n$/));
	});

	test("without a native part gives one clear line", async () => {
		const env = { PORT: "0", STATE_DIR: join(folder, "none") };
		const missing = await command("start.ts", [], { ...env, MINIFLARE_WORKERD_PATH: join(folder, "no-workerd") });
		expect(missing).toEqual(clearly(/^The native program workerd is missing \(.+\)\. Run npm ci .+\n$/));
		const broken = await command("start.ts", [], { ...env, ESBUILD_BINARY_PATH: "/bin/false" });
		expect(broken).toEqual(clearly(/^The native program esbuild cannot run here \(.+\)\. Run npm ci .+\n$/));
	});

	test("with a port that is none gives one clear line", async () => {
		for (const PORT of ["abc", "-1", "65536", "1e3"]) {
			const ended = await command("start.ts", [], { PORT, STATE_DIR: join(folder, "none") });
			expect(ended).toEqual(clearly(/^PORT is ".+"; it must be a number from 0 to 65535\.\n$/));
		}
	});
});

describe("the commands for a running server", () => {
	const env = () => ({ PORT: String(server.port), STATE_DIR: folder });

	test("the schedule runs, from the start on", async () => {
		const ended = await command("ops.ts", ["status"], env());
		expect(JSON.parse(ended.stdout)).toMatchObject({ status: "ok", sweep: { updated_at: expect.any(Number) } });
	});

	test("the tour keeps its promises each time", async () => {
		const ended = await command("tour.ts", [], env());
		expect(ended).toMatchObject({ code: 0, stderr: "" });
		expect(ended.stdout).toContain("hardest question");
	});

	test("the statistics of every quiz equal an independent count", async () => {
		const ended = await command("verify-statistics.ts", ["--users", "6", "--attempts", "9"], env());
		expect(ended.stdout).toMatch(
			/^statistics of \d\d quizzes equal an independent count over 54 attempts; lag 0 for 6 users\n$/,
		);
		expect(ended.code).toBe(0);
	});

	test("say clearly that no server runs", async () => {
		const unused = String(await freePort(0));
		const ended = await command("tour.ts", [], { ...env(), PORT: unused });
		expect(ended).toEqual(clearly(/^No server answers at http:\/\/127\.0\.0\.1:\d+\. Start one with npm start, .+\n$/));
	});
});
