import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../../dev/client.ts";
import { readSigner, signToken } from "../../dev/signer.ts";
import {
	command,
	killServers,
	newClient,
	newQuietStateFolder,
	removeFolder,
	type Server,
	startServer,
} from "./harness.ts";

/** The operator's commands on a real server. */

const folder = newQuietStateFolder();
let server: Server;
let user: string;

beforeAll(async () => {
	server = await startServer(folder);
	const taker = await newClient(server, folder);
	user = taker.user;
	await taker.client.post("/v1/users/me/credits/grants", { amount: 9, kind: "bonus" });
	const hold = await taker.client.post<{ id: string }>("/v1/users/me/credits/holds", { amount: 3 });
	await taker.client.post(`/v1/users/me/credits/holds/${hold.id}/settlement`, { amount: 2 });
	await taker.client.caughtUp();
});

afterAll(() => {
	killServers();
	removeFolder(folder);
});

const ops = (...args: string[]) => command("ops.ts", args, { STATE_DIR: folder, PORT: String(server.port) });

test("status says in JSON how replication stands", async () => {
	const { code, stdout } = await ops("status");
	expect(code).toBe(0);
	expect(JSON.parse(stdout)).toMatchObject({
		status: "ok",
		alarms: [],
		dead_letters: 0,
		lagging: { shards_behind: 0 },
	});
});

test("a rebuild of everything and one of a shard say that every digest is as before", async () => {
	const digest = await ops("digest");
	expect(digest.stdout).toMatch(/generation_facts\s+1\s+[0-9a-f]{16}/);
	const whole = await ops("rebuild");
	expect([whole.code, whole.stderr]).toEqual([0, ""]);
	expect(whole.stdout).toMatch(/rebuilt from 1 shards, 4 events; every digest is as before/);
	const one = await ops("rebuild", "--shard", user);
	expect(one.stdout).toMatch(/rebuilt from 1 shards, 4 events; every digest is as before/);
	expect((await ops("digest")).stdout).toBe(digest.stdout);
});

test("the sweep, the dead letters and their re-drive say what they did", async () => {
	expect((await ops("sweep")).stdout).toMatch(/^\d+ shards looked at, 0 behind\n$/);
	expect((await ops("dead-letters")).stdout).toBe("0 dead letters\n");
	expect((await ops("redrive", "--user", user)).stdout).toBe("0 applied, 0 still refused\n");
	const none = "0 dead letters and 0 dead messages acknowledged\n";
	expect((await ops("acknowledge")).stdout).toBe(none);
	expect((await ops("acknowledge", "--until", "2026-11-26T17:00:00Z")).stdout).toBe(none);
	expect(await ops("acknowledge", "--until", "noon")).toMatchObject({ code: 1, stderr: expect.stringMatching(/noon/) });
});

test("a command that is not known, a shard that is not, and a token without the scope are told in one line or the usage", async () => {
	for (const args of [[], ["nonsense"], ["status", "twice"], ["status", "--nonsense"]]) {
		const { code, stderr } = await ops(...args);
		expect([code, /npm run ops -- COMMAND/.test(stderr)]).toEqual([2, true]);
	}
	const stranger = await ops("rebuild", "--shard", "usr_nobody");
	expect([stranger.code, stranger.stderr.trim().split("\n").length]).toEqual([1, 1]);
	expect(stranger.stderr).toMatch(/not-found/);
	const token = await signToken(readSigner(folder), { subject: user });
	const url = { MARKSHEET_URL: server.url, MARKSHEET_TOKEN: token, STATE_DIR: folder };
	expect((await new Client(server.url, token).send("GET", "/v1/admin/replication")).status).toBe(403);
	// The harness hides the environment's own settings from commands, so they are given here.
	const refused = await command("ops.ts", ["status"], url);
	expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/forbidden/)]);
});
