import { afterAll, expect, test } from "vitest";
import { readSigner, signToken } from "../../scripts/lib/signer.ts";
import { killServers, newQuietStateFolder, removeFolder, type Server, startServer } from "./harness.ts";

/**
 * The whole runtime is killed at random moments under writers; what was answered is there, what was not is there wholly or
 * not at all, and a repeat with the same key finishes it once.
 */

const ROUNDS = 3;
const USERS = 4;
const WRITERS = 16;
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);

const folder = newQuietStateFolder();
afterAll(() => {
	killServers();
	removeFolder(folder);
});

/** Small and seeded, so that a run can be repeated (mulberry32). */
function random(seed: number) {
	let state = seed;
	return (below: number) => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}

interface Operation {
	user: string;
	path: string;
	key: string;
	body: object;
	/** What was answered; null if nothing came before the kill. */
	answer: { status: number; text: string } | null;
}

async function post(server: Server, { user, path, key, body }: Operation) {
	const token = await signToken(readSigner(folder), { subject: user });
	const response = await fetch(`${server.url}/v1/users/me/${path}`, {
		method: "POST",
		headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", "Idempotency-Key": key },
		body: JSON.stringify(body),
	});
	return { status: response.status, text: await response.text() };
}

async function get(server: Server, user: string, path: string) {
	const token = await signToken(readSigner(folder), { subject: user });
	const response = await fetch(`${server.url}/v1/users/me/${path}`, { headers: { Authorization: `Bearer ${token}` } });
	expect(response.status).toBe(200);
	return response.json() as Promise<{ [name: string]: unknown }>;
}

/** Reserves and settles until the runtime is gone, and writes down every call and its answer. */
async function writer(server: Server, user: string, draw: (below: number) => number, history: Operation[]) {
	const attempt = async (path: string, body: object): Promise<{ id?: string } | null> => {
		const operation: Operation = { user, path, key: crypto.randomUUID(), body, answer: null };
		history.push(operation);
		try {
			operation.answer = await post(server, operation);
			return JSON.parse(operation.answer.text);
		} catch {
			return null;
		}
	};
	for (;;) {
		const hold = await attempt("credits/holds", { amount: 1 + draw(5), ttl_s: 86_400 });
		if (!hold) return;
		if (!hold.id) continue;
		const end = draw(3) === 0 ? "release" : "settlement";
		if (!(await attempt(`credits/holds/${hold.id}/${end}`, end === "release" ? {} : { amount: draw(2) }))) return;
	}
}

test(`acknowledged is there and unanswered is whole or absent after kill -9 (seed ${SEED})`, {
	timeout: 120_000,
}, async () => {
	const draw = random(SEED);
	const users = Array.from({ length: USERS }, (_, index) => `usr_crash${index}`);
	const history: Operation[] = [];
	let server = await startServer(folder);
	for (const user of users) {
		const grant = {
			user,
			path: "credits/grants",
			key: "grant",
			body: { amount: 1_000_000, kind: "plan" },
			answer: null,
		};
		expect((await post(server, grant)).status).toBe(201);
	}
	for (let round = 0; round < ROUNDS; round++) {
		const writers = Array.from({ length: WRITERS }, (_, index) =>
			writer(server, users[index % USERS] ?? "", draw, history),
		);
		const enough = history.length + 50 + draw(300);
		await expect.poll(() => history.length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(enough);
		await server.stop("SIGKILL", "group");
		await Promise.all(writers);
		server = await startServer(folder);
	}
	const answered = history.filter((operation) => operation.answer !== null);
	expect(answered.length).toBeGreaterThan(150);
	expect(history.length).toBeGreaterThan(answered.length);
	for (const operation of history) {
		const again = await post(server, operation);
		if (operation.answer) expect(again).toEqual(operation.answer);
	}
	for (const user of users) {
		expect(await get(server, user, "credits/verification")).toMatchObject({ ok: true });
		const { granted, available, held, consumed, expired, voided } = await get(server, user, "credits");
		const parts = [available, held, consumed, expired, voided].map(Number);
		expect(parts.reduce((sum, part) => sum + part, 0)).toBe(granted);
		await expect.poll(async () => (await get(server, user, "sync")).lag, { timeout: 60_000, interval: 200 }).toBe(0);
	}
	const reserved = await Promise.all(users.map((user) => holdsOf(server, user)));
	const asked = history.filter(({ path }) => path === "credits/holds").length;
	const refused = answered.filter(({ path, answer }) => path === "credits/holds" && answer?.status !== 201).length;
	const total = reserved.reduce((sum, holds) => sum + holds, 0);
	expect(total).toBeLessThanOrEqual(asked - refused);
	expect(total).toBeGreaterThanOrEqual(answered.filter(({ path, answer }) => isReserved(path, answer)).length);
	expect(await server.stop("SIGTERM")).toBe(0);
});

const isReserved = (path: string, answer: Operation["answer"]) => path === "credits/holds" && answer?.status === 201;

/** How many holds the user ever had. */
async function holdsOf(server: Server, user: string): Promise<number> {
	const { conservation } = await get(server, user, "credits/verification");
	return (conservation as { holds: number }).holds;
}
