import { afterEach, describe, expect, it, vi } from "vitest";
import {
	type Answer,
	type Client,
	caughtUp,
	everyItem,
	expectProblem,
	fresh,
	headSeq,
	newClient,
} from "../lib/harness.ts";
import {
	at,
	CREDITS,
	DAY_MS,
	funded,
	grant,
	HOLDS,
	randomFrom,
	refund,
	release,
	reserve,
	SECOND_MS,
	START,
	settle,
} from "../lib/ledger-harness.ts";
import { document } from "../lib/operations.ts";

/** A hold is the record of an AI generation: its texts, what the tenant used, and what the document says of refusals. */

afterEach(() => {
	vi.useRealTimers();
});

const LIMIT_BYTES = 100_000;

describe("prompt and conversation", () => {
	const turns = (content: string) => [{ role: "user", content }];
	/** A conversation whose JSON has so many bytes. */
	const conversationOf = (bytes: number, letter = "k") => {
		const frame = JSON.stringify(turns("")).length;
		return turns(letter.repeat((bytes - frame) / Buffer.byteLength(letter)));
	};

	it("are kept up to 100 KB each, and never stand in the log or the ledger", async () => {
		const client = await funded(9);
		const prompt = "CANARY prompt".padEnd(LIMIT_BYTES, "p");
		const conversation = conversationOf(LIMIT_BYTES);
		const hold = await reserve(client, { amount: 1, prompt, conversation });
		expect(hold).toMatchObject({ prompt, conversation });
		expect((await client.get(`${HOLDS}/${hold.id}`)).body).toMatchObject({ prompt, conversation });
		// In bytes, not in characters.
		await reserve(client, { amount: 1, prompt: "é".repeat(LIMIT_BYTES / 2) });
		const later = turns("CANARY answer");
		const settled = await settle(client, hold.id, { amount: 1, conversation: later });
		expect(settled.body).toMatchObject({ prompt, conversation: later });
		const { text } = await client.get("/v1/users/me/log?limit=100");
		for (const canary of ["CANARY", "pppp", "kkkk", "éé"]) expect(text).not.toContain(canary);
		expect((await client.get(`${CREDITS}/entries`)).text).not.toContain("CANARY");
		expect((await client.get(`${CREDITS}/verification`)).body.ok).toBe(true);
	});

	it("of more are refused by name, and nothing is held", async () => {
		const client = await funded(9);
		const { id } = await reserve(client, { amount: 1 });
		const head = await headSeq(client);
		const cases: [string, object][] = [
			["/prompt", { prompt: "p".repeat(LIMIT_BYTES + 1) }],
			["/prompt", { prompt: "é".repeat(LIMIT_BYTES / 2 + 1) }],
			["/conversation", { conversation: conversationOf(LIMIT_BYTES + 1) }],
			["/conversation/0/role", { conversation: [{ role: "admin", content: "" }] }],
		];
		for (const [pointer, texts] of cases) {
			expectProblem(await client.post(HOLDS, { amount: 1, ...texts }), "invalid-request", [pointer]);
			if (pointer === "/prompt") continue;
			expectProblem(await settle(client, id, { amount: 1, ...texts }), "invalid-request", [pointer]);
		}
		expect(await headSeq(client)).toBe(head);
	});
});

describe("the tenant's AI usage", () => {
	type Row = { day: string | null; model: string | null } & Record<string, number>;
	const USAGE = "/v1/analytics/ai-usage";
	/** Of a cent; costs are counted in these, so that they are whole numbers. */
	const PARTS = 10_000;
	const RANGE = `from=${dayOf(START - DAY_MS)}&to=${dayOf(START + 9 * DAY_MS)}`;

	function dayOf(instant: number): string {
		return new Date(instant).toISOString().slice(0, 10);
	}

	const providerUsage = (random: ReturnType<typeof randomFrom>) => ({
		tokens_used: random.below(5_000),
		cost_cents: random.below(90_000) / PARTS,
	});

	/** Generations of several users, models and days, ended in every way; what they were charged was refunded, in part or whole. */
	async function history(seed: number) {
		const random = randomFrom(seed);
		const tenant = fresh("ten");
		vi.useFakeTimers({ toFake: ["Date"], now: START });
		const users: Client[] = [];
		for (let user = 0; user < 3; user++) users.push(await newClient({ tenant }));
		for (const client of users) await grant(client, { amount: 1_000 });
		for (let day = 0; day < 5; day++) {
			for (const client of users) {
				for (let n = random.below(5); n > 0; n--) {
					const now = await at(START + day * DAY_MS + random.below(DAY_MS / 2), client);
					const model = random.pick(["m-1", "m-2", undefined]);
					const late_settle = random.pick(["reject", "charge"]);
					const hold = await reserve(now, { amount: 9, ttl_s: 60, model, late_settle });
					const usage = { amount: random.below(10), ...providerUsage(random) };
					const end = random.below(5);
					if (end <= 1) await settle(now, hold.id, usage);
					if (end === 2) await release(now, hold.id, { error: "timeout", ...providerUsage(random) });
					if (end === 3) await settle(await at(hold.expires_at + SECOND_MS, client), hold.id, usage);
				}
			}
		}
		const end = START + 6 * DAY_MS;
		const then: Client[] = [];
		for (const client of users) then.push(await at(end, client));
		for (const client of then) {
			await client.get(CREDITS);
			// Days after their generations, in parts and whole.
			const { items } = await everyItem(client, `${HOLDS}?status=settled&limit=100`);
			for (const { id, settled } of items) {
				const amount = random.below(settled + 1);
				if (amount > 0) expect((await refund(client, id, { amount })).status).toBe(200);
				if (settled > amount && random.below(2) === 0) expect((await refund(client, id)).status).toBe(200);
			}
		}
		vi.useRealTimers();
		for (const client of then) await caughtUp(client);
		return { tenant, users: then };
	}

	/** The same sums over the holds as their users read them. */
	function recount(holds: Answer["body"][], by: "day" | "model"): Row[] {
		const rows = new Map<string, Row>();
		for (const hold of holds) {
			const key = by === "day" ? dayOf(hold.ended_at) : (hold.model ?? "");
			const row = rows.get(key) ?? {
				day: by === "day" ? key : null,
				model: by === "model" ? key : null,
				generations: 0,
				completed: 0,
				failed: 0,
				credits: 0,
				refunded: 0,
				tokens: 0,
				cost_cents: 0,
			};
			const completed = Number(hold.generation === "completed");
			rows.set(key, {
				day: row.day,
				model: row.model,
				generations: (row.generations ?? 0) + 1,
				completed: (row.completed ?? 0) + completed,
				failed: (row.failed ?? 0) + 1 - completed,
				credits: (row.credits ?? 0) + hold.settled - hold.refunded,
				refunded: (row.refunded ?? 0) + hold.refunded,
				tokens: (row.tokens ?? 0) + (hold.tokens_used ?? 0),
				cost_cents: (row.cost_cents ?? 0) + Math.round((hold.cost_cents ?? 0) * PARTS),
			});
		}
		for (const row of rows.values()) row.cost_cents = (row.cost_cents ?? 0) / PARTS;
		return sorted([...rows.values()]);
	}
	const sorted = (rows: Row[]) => [...rows].sort((a, b) => (`${a.day}${a.model}` < `${b.day}${b.model}` ? -1 : 1));

	it.each([21, 22])("by day, by model and by user is what their holds add up to (seed %i)", async (seed) => {
		const { users } = await history(seed);
		const [first] = users;
		if (!first) throw new Error("no users");
		const all: Answer["body"][] = [];
		for (const client of users) {
			const { items } = await everyItem(client, `${HOLDS}?limit=100`);
			all.push(...items);
			for (const by of ["day", "model"] as const) {
				const { body } = await first.get(`${USAGE}?by=${by}&${RANGE}&user=${client.user}`);
				expect(sorted(body.items)).toEqual(recount(items, by));
			}
		}
		expect(all.length).toBeGreaterThan(10);
		expect(all.some(({ refunded }) => refunded > 0)).toBe(true);
		expect(all.some(({ generation, cost_cents }) => generation === "failed" && cost_cents > 0)).toBe(true);
		for (const by of ["day", "model"] as const) {
			const { body } = await first.get(`${USAGE}?by=${by}&${RANGE}`);
			expect(sorted(body.items)).toEqual(recount(all, by));
		}
	});

	it("has costs to a ten-thousandth of a cent, as they were said, and none that is finer", async () => {
		const client = await newClient();
		await grant(client, { amount: 100 });
		const costs = [0.0001, 2.35, 3, 99_999_999.9999, 100_000_000, 0.1, 0.2];
		for (const cost_cents of costs) {
			const hold = await reserve(client, { amount: 1, model: "m-3" });
			const failed = await release(client, hold.id, { error: "none", tokens_used: 7, cost_cents });
			expect(failed.body).toMatchObject({ generation: "failed", tokens_used: 7, cost_cents });
			expect((await client.get(`${HOLDS}/${hold.id}`)).body.cost_cents).toBe(cost_cents);
		}
		await caughtUp(client);
		const { items } = (await client.get(`${USAGE}?by=model`)).body;
		const cost_cents = costs.reduce((sum, cost) => sum + Math.round(cost * PARTS), 0) / PARTS;
		const counts = { generations: 7, completed: 0, failed: 7, credits: 0, refunded: 0 };
		expect(items).toEqual([{ day: null, model: "m-3", ...counts, tokens: 49, cost_cents }]);
		const { id } = await reserve(client, { amount: 1 });
		for (const odd of [-1, 0.00001, 1e-7, 100_000_000.0001, "2.35", 1.23456]) {
			for (const path of ["settlement", "release"]) {
				const body = { ...(path === "settlement" && { amount: 1 }), cost_cents: odd };
				expectProblem(await client.post(`${HOLDS}/${id}/${path}`, body), "invalid-request", ["/cost_cents"]);
			}
		}
		expect((await client.get(`${CREDITS}/verification`)).body.ok).toBe(true);
	});

	it("is the tenant's own: others see nothing of it, also if they name a user", async () => {
		const { users } = await history(23);
		const [stranger, one] = [await newClient(), users[0]];
		for (const by of ["day", "model"]) {
			for (const user of ["", `&user=${one?.user}`, `&user=${fresh("usr")}`]) {
				const { status, body } = await stranger.get(`${USAGE}?by=${by}&${RANGE}${user}`);
				expect([status, body]).toEqual([200, { items: [] }]);
			}
		}
	});

	it("is for at most 366 days in order, by day or model", async () => {
		const client = await newClient();
		expect((await client.get(USAGE)).body).toEqual({ items: [] });
		expect((await client.get(`${USAGE}?from=2040-01-01&to=2040-12-31`)).status).toBe(200);
		for (const [query, pointer] of [
			["from=2040-01-01&to=2041-01-01", "/from"],
			["from=2040-01-02&to=2040-01-01", "/from"],
			["from=2040-02-30", "/from"],
			["to=x", "/to"],
			["by=user", "/by"],
			["user=ada", "/user"],
		] as const) {
			expectProblem(await client.get(`${USAGE}?${query}`), "invalid-request", [pointer]);
		}
	});
});

describe("the OpenAPI document shows each refusal of the ledger with an example, members and all", () => {
	const post = (path: string) => ["post", `/v1/users/{user}/credits/${path}`] as const;
	const [grants, holds, voids] = [post("grants"), post("holds"), post("lots/{lot}/void")];
	const [settlement, releases] = [post("holds/{hold}/settlement"), post("holds/{hold}/release")];
	const [extension, refunds] = [post("holds/{hold}/extension"), post("holds/{hold}/refund")];
	const cases = [
		["insufficient-credits", ["available", "needed"], [holds, extension]],
		["not-entitled", [], [holds]],
		["hold-already-settled", ["settled", "ended_at"], [settlement, releases, extension]],
		["hold-already-released", ["ended_at"], [settlement, releases, extension, refunds]],
		["hold-expired", ["ended_at"], [settlement, releases, extension, refunds]],
		["capture-exceeds-hold", ["held", "requested", "allowed"], [settlement]],
		["rate-limited", ["rule", "limit", "retry_at"], [holds, extension]],
		["conflict", [], [grants, holds, extension, refunds]],
		["idempotency-key-reused", [], [grants, voids, holds, settlement, releases, extension, refunds]],
		["idempotency-key-required", [], [grants, holds]],
	] as const;

	it.each(cases)("%s", (code, members, operations) => {
		for (const [verb, path] of operations) {
			const named: Answer["body"][] = Object.values(document.paths[path][verb].responses);
			const responses = named.map(({ $ref, ...own }) => document.components.responses[$ref?.split("/").at(-1)] ?? own);
			const examples = responses.flatMap(
				({ content }) => content?.["application/problem+json"]?.examples?.[code] ?? [],
			);
			expect([path, examples.length]).toEqual([path, 1]);
			const { value } = examples[0];
			expect(document.paths[path][verb].responses).toHaveProperty(String(value.status));
			expect(value).toMatchObject({ code, title: expect.stringMatching(/\S/), detail: expect.stringMatching(/\S/) });
			expect(Object.keys(value)).toEqual(expect.arrayContaining([...members]));
		}
	});
});
