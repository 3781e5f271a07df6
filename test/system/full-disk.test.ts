import { execFileSync } from "node:child_process";
import { closeSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { killServers, newQuietStateFolder, removeFolder, startServer } from "../node/harness.ts";
import { type Answer, type Caller, newCaller } from "../node/lib/caller.ts";
import { type Draw, random } from "../node/lib/random.ts";

/**
 * No space, no acknowledgement: while the disk is full, what cannot be stored is refused, and what was acknowledged is
 * there when there is room again. The disk is a small one in memory, so this test needs the right to mount.
 */

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
const DISK_BYTES = 24_000_000;
const PAGE_BYTES = 4_096;
const ROUNDS = 10;
/** Room at the beginning of a round, in pages, at most. */
const ROOM_PAGES_MAX = 90;
const USERS = ["usr_full0", "usr_full1", "usr_full2"];
/** A round ends when every user was refused so often. */
const REFUSALS = 3;
const WRITES_MAX = 500;

const folder = newQuietStateFolder();
const filler = join(folder, "filler");

beforeAll(() => {
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder], { stdio: "pipe" });
	} catch (error) {
		throw new Error(`This test mounts a small disk, so it runs as root only, on Linux: ${error}`);
	}
	for (const name of ["seeds.done", "tour.done"]) writeFileSync(join(folder, name), "");
});
afterAll(() => {
	killServers();
	execFileSync("umount", ["--lazy", folder]);
	removeFolder(folder);
});

interface Write {
	key: string;
	path: string;
	body: { amount: number };
	answer: Answer<{ code?: string; id?: string }>;
}

const freePages = () => {
	const { bavail, bsize } = statfsSync(folder);
	return Math.floor((bavail * bsize) / PAGE_BYTES);
};

/** Takes the room that is left but for some pages. */
function fillBut(pages: number): void {
	const file = openSync(filler, "w");
	const page = Buffer.alloc(PAGE_BYTES, 1);
	while (freePages() > pages) writeSync(file, page);
	closeSync(file);
}

/** Writes until it was refused a few times. Every answer is a success or a whole problem document. */
async function writeUntilRefused({ call }: Caller, draw: Draw, history: Write[]): Promise<void> {
	for (let refusals = 0, writes = 0; refusals < REFUSALS; writes++) {
		expect(writes).toBeLessThan(WRITES_MAX);
		const path = draw(3) === 0 ? "credits/grants" : "credits/holds";
		const body =
			path === "credits/grants" ? { amount: 1 + draw(9), kind: "bonus" } : { amount: 1, prompt: "p".repeat(900) };
		const key = crypto.randomUUID();
		const answer: Write["answer"] = await call("POST", path, body, { "Idempotency-Key": key });
		history.push({ key, path, body, answer });
		if (answer.status === 201) continue;
		// A user has so many holds at most, full disk or not.
		if (answer.status === 429) continue;
		refusals++;
		expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
		expect([500, 503]).toContain(answer.status);
		expect(answer.body.code).toBe(answer.status === 503 ? "unavailable" : "internal-error");
		if (answer.status === 503) expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
	}
}

test(`no space, no acknowledgement (seed ${SEED})`, async () => {
	const draw = random(SEED);
	const server = await startServer(folder);
	const callers = await Promise.all(USERS.map((user) => newCaller(server.url, folder, user)));
	for (const { ok } of callers) await ok("POST", "credits/grants", { amount: 1_000, kind: "plan" });
	const histories = new Map(USERS.map((user): [string, Write[]] => [user, []]));
	for (let round = 0; round < ROUNDS; round++) {
		fillBut(draw(ROOM_PAGES_MAX));
		await Promise.all(callers.map((caller) => writeUntilRefused(caller, draw, histories.get(caller.user) ?? [])));
		rmSync(filler);
	}
	expect(await server.stop("SIGTERM")).toBe(0);
	const statuses = [...histories.values()].flat().map(({ answer }) => answer.status);
	for (const status of [201, 503]) expect(statuses.filter((each) => each === status).length).toBeGreaterThan(ROUNDS);

	const again = await startServer(folder);
	for (const user of USERS)
		await expectAcknowledged(await newCaller(again.url, folder, user), histories.get(user) ?? []);
	expect(await again.stop("SIGTERM")).toBe(0);
});

/** After a restart with room: what was acknowledged is answered as it was, what was refused happens now, each of them once. */
async function expectAcknowledged({ ok, call }: Caller, history: readonly Write[]): Promise<void> {
	expect(await ok("GET", "credits/verification")).toMatchObject({ ok: true });
	const before = await ok<{ head_seq: number }>("GET", "sync");
	for (const { key, path, body, answer } of history.filter(({ answer }) => answer.status === 201)) {
		const replay = await call("POST", path, body, { "Idempotency-Key": key });
		expect(replay.body).toEqual(answer.body);
		expect(replay.headers.get("Idempotent-Replayed")).toBe("true");
	}
	expect(await ok("GET", "sync")).toMatchObject({ head_seq: before.head_seq });
	const grants = history.filter(({ path }) => path === "credits/grants");
	for (const { key, path, body, answer } of grants.filter(({ answer }) => answer.status >= 500)) {
		const retry = await call("POST", path, body, { "Idempotency-Key": key });
		const isReplay = retry.headers.has("Idempotent-Replayed");
		expect({ of: answer.status, status: retry.status, isReplay }).toEqual({
			of: answer.status,
			status: 201,
			isReplay: false,
		});
	}
	const { granted } = await ok<{ granted: number }>("GET", "credits");
	expect(granted).toBe(grants.reduce((sum, { body }) => sum + body.amount, 1_000));
	expect(await ok("GET", "credits/verification")).toMatchObject({ ok: true });
}
