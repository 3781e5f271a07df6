import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Caller, Credits } from "../../src/api/rpc/credits.ts";
import { ALL_SCOPES, type Answer, type Client, fresh, headSeq, newClient } from "../lib/harness.ts";
import { balance, CREDITS, expectConserved, extend, HOLDS, refund, release, settle } from "../lib/ledger-harness.ts";
import { objectCount } from "../lib/operations.ts";

/** The commands over a service binding: the same answers as over HTTP, for Workers that have no token. */

// The Worker's own exports; the type that wrangler generates knows only of the default one.
const credits = (exports as unknown as { Credits: Service<Credits> }).Credits;

const SERVICE = fresh("svc");
const callerOf = ({ user, tenant }: Pick<Client, "user" | "tenant">, more: Partial<Caller> = {}): Caller => ({
	user,
	tenant,
	service: SERVICE,
	...more,
});
const keyed = (client: Pick<Client, "user" | "tenant">, idempotency_key: string = crypto.randomUUID()) =>
	callerOf(client, { idempotency_key });

/** A user whom ACCOUNTS knows. */
async function knownClient(): Promise<Client> {
	const client = await newClient();
	const accounts = (env as unknown as Env).ACCOUNTS;
	await accounts
		.prepare("INSERT INTO users (id, tenant_id, created_at) VALUES (?, ?, 0)")
		.bind(client.user, client.tenant)
		.run();
	return client;
}

type Problem = { code: string; status: number; members: Record<string, unknown> };
const problemOf = (answer: { ok: boolean }): Problem => {
	expect(answer.ok).toBe(false);
	const { problem } = answer as unknown as { problem: Omit<Problem, "members"> & { members: string } };
	return { ...problem, members: JSON.parse(problem.members) };
};
const resultOf = (answer: { ok: boolean }): Answer["body"] => {
	expect(answer).toMatchObject({ ok: true });
	return (answer as unknown as { value: Answer["body"] }).value;
};

/** Without what differs by nature: ids and times. */
const comparable = (value: unknown): unknown =>
	JSON.parse(
		JSON.stringify(value, (name, member) =>
			/(^id|_at|^lot|^at|^instance|^type|request_id)$/.test(name) ? null : member,
		),
	);

describe("the Credits entrypoint", () => {
	it("gives the same values as HTTP, step by step", async () => {
		const [a, b] = [await knownClient(), await knownClient()];
		const grant = { amount: 20, kind: "purchase", reference: "order 1042" } as const;
		const hold = { amount: 6, model: "m-1", prompt: "p", conversation: [{ role: "user" as const, content: "c" }] };
		const same = (one: { ok: boolean }, two: Answer) => {
			expect(comparable(resultOf(one))).toEqual(comparable(two.body));
			expect((one as unknown as { sync_seq: number }).sync_seq).toBe(Number(two.headers.get("Sync-Seq")));
		};
		same(await credits.grant(keyed(a), grant), await b.post(`${CREDITS}/grants`, grant));
		const [one, two] = [await credits.reserve(keyed(a), hold), await b.post(HOLDS, hold)];
		same(one, two);
		const [id, other] = [resultOf(one).id, two.body.id];
		same(await credits.extend(callerOf(a), id, { amount: 2 }), await extend(b, other, { amount: 2 }));
		const usage = { amount: 5, tokens_used: 9, cost_cents: 1, conversation: [] };
		same(await credits.settle(callerOf(a), id, usage), await settle(b, other, usage));
		same(await credits.refund(callerOf(a), id, { amount: 2 }), await refund(b, other, { amount: 2 }));
		same(await credits.refund(callerOf(a), id), await refund(b, other));
		const [third, fourth] = [await credits.reserve(keyed(a), { amount: 1 }), await b.post(HOLDS, { amount: 1 })];
		const why = { reason: "failed", error: "timeout" };
		same(await credits.release(callerOf(a), resultOf(third).id, why), await release(b, fourth.body.id, why));
		expect(comparable(resultOf(await credits.balance(callerOf(a))))).toEqual(comparable(await balance(b)));
		expect(resultOf(await credits.balance(callerOf(a)))).toEqual(await balance(a));
		expectConserved(await balance(a));
		const { items } = (await a.get("/v1/users/me/log?limit=100")).body;
		expect(items.at(-1).actor).toBe(SERVICE);
	});

	it("gives the same refusals as HTTP, with their members", async () => {
		const [a, b] = [await knownClient(), await knownClient()];
		const nobodys = "hld_0000000205m5t8cfgq3nkw7r";
		const same = (one: { ok: boolean }, two: Answer) => {
			const { code, status, members } = problemOf(one);
			expect({ code, status }).toEqual({ code: two.body.code, status: two.status });
			// RFC 9457's `status` is HTTP's; that of the hold is a member here.
			const { status: _, ...rest } = members;
			expect(comparable(two.body)).toMatchObject(comparable(rest) as object);
		};
		same(await credits.reserve(keyed(a), { amount: 1 }), await b.post(HOLDS, { amount: 1 }));
		await credits.grant(keyed(a), { amount: 5, kind: "bonus" });
		await b.post(`${CREDITS}/grants`, { amount: 5, kind: "bonus" });
		same(await credits.reserve(keyed(a), { amount: 6 }), await b.post(HOLDS, { amount: 6 }));
		same(await credits.settle(callerOf(a), nobodys, { amount: 1 }), await settle(b, nobodys, { amount: 1 }));
		const ids = [
			resultOf(await credits.reserve(keyed(a), { amount: 2 })).id,
			(await b.post(HOLDS, { amount: 2 })).body.id,
		];
		const [id, other] = ids;
		same(await credits.settle(callerOf(a), id, { amount: 3 }), await settle(b, other, { amount: 3 }));
		same(await credits.refund(callerOf(a), id), await refund(b, other));
		same(
			await credits.extend(callerOf(a), id, { ttl_s: 86_400, amount: 9 }),
			await extend(b, other, { ttl_s: 86_400, amount: 9 }),
		);
		await credits.settle(callerOf(a), id, { amount: 1 });
		await settle(b, other, { amount: 1 });
		same(await credits.release(callerOf(a), id), await release(b, other));
		same(await credits.extend(callerOf(a), id, { amount: 1 }), await extend(b, other, { amount: 1 }));
	});

	it("answers a key again as it did first, and refuses it with another input", async () => {
		const client = await knownClient();
		const caller = keyed(client);
		const first = await credits.grant(caller, { amount: 5, kind: "bonus" });
		expect(await credits.grant(caller, { amount: 5, kind: "bonus" })).toEqual({ ...first, replayed: true });
		expect(problemOf(await credits.grant(caller, { amount: 6, kind: "bonus" })).code).toBe("idempotency-key-reused");
		// One key of one actor, whichever way it came.
		const scope = `${ALL_SCOPES} on-behalf-of`;
		const service = await newClient({ user: SERVICE, tenant: client.tenant, scope });
		const body = { amount: 5, kind: "bonus", priority: 50 };
		const used = { "Idempotency-Key": caller.idempotency_key ?? "" };
		const over = await service.post(`/v1/users/${client.user}/credits/grants`, body, used);
		expect([over.status, over.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
		expect((await balance(client)).granted).toBe(5);
	});

	it("takes a key for new that the user, or another service, has used: in every method", async () => {
		type Run = (caller: Caller, hold: string) => Promise<{ ok: boolean }>;
		const runs: Record<string, Run> = {
			grant: (caller) => credits.grant(caller, { amount: 1, kind: "bonus" }),
			reserve: (caller) => credits.reserve(caller, { amount: 1 }),
			settle: (caller, hold) => credits.settle(caller, hold, { amount: 1 }),
			release: (caller, hold) => credits.release(caller, hold, { reason: "none" }),
			extend: (caller, hold) => credits.extend(caller, hold, { ttl_s: 60 }),
			refund: (caller, hold) => credits.refund(caller, hold, { amount: 1 }),
		};
		const changing = Object.getOwnPropertyNames(Credits.prototype).filter(
			(name) => !["constructor", "balance"].includes(name),
		);
		expect(Object.keys(runs).sort()).toEqual(changing.sort());
		const client = await knownClient();
		await credits.grant(keyed(client), { amount: 100, kind: "bonus" });
		for (const [name, run] of Object.entries(runs)) {
			const hold: string = resultOf(await credits.reserve(keyed(client), { amount: 2 })).id;
			if (name === "refund") await credits.settle(callerOf(client), hold, { amount: 1 });
			const key = `${name}:${hold}`;
			const burnt = { title: name };
			const used = { "Idempotency-Key": key };
			const own = await client.post("/v1/users/me/collections", burnt, used);
			expect(own.status).toBe(201);
			const other = callerOf(client, { service: fresh("svc"), idempotency_key: key });
			await credits.extend(other, hold, { ttl_s: 90 });
			const caller = keyed(client, key);
			const first = await run(caller, hold);
			expect([name, first]).toMatchObject([name, { ok: true, replayed: false }]);
			expect(await run(caller, hold)).toEqual({ ...first, replayed: true });
			const again = await client.post("/v1/users/me/collections", burnt, used);
			expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([own.text, "true"]);
		}
	});

	it("needs a key to grant and to reserve", async () => {
		const client = await knownClient();
		const answers = [
			await credits.grant(callerOf(client), { amount: 5, kind: "bonus" }),
			await credits.reserve(callerOf(client), { amount: 5 }),
		];
		for (const answer of answers)
			expect(problemOf(answer)).toMatchObject({ code: "idempotency-key-required", status: 400 });
		expect(await headSeq(client)).toBe(0);
	});

	it("refuses users whom nobody knows and those of another tenant, and makes no object for them", async () => {
		const [known, elsewhere] = [await knownClient(), fresh("ten")];
		const before = await objectCount();
		for (const who of [
			{ user: fresh("usr"), tenant: known.tenant },
			{ user: fresh("usr"), tenant: elsewhere },
			{ user: known.user, tenant: elsewhere },
		]) {
			const id = "hld_0000000205m5t8cfgq3nkw7r";
			const answers = [
				await credits.grant(keyed(who), { amount: 5, kind: "bonus" }),
				await credits.reserve(keyed(who), { amount: 5 }),
				await credits.settle(callerOf(who), id, { amount: 5 }),
				await credits.release(callerOf(who), id),
				await credits.extend(callerOf(who), id, { ttl_s: 5 }),
				await credits.refund(callerOf(who), id),
				await credits.balance(callerOf(who)),
			];
			for (const answer of answers) expect(problemOf(answer)).toMatchObject({ code: "not-found", status: 404 });
		}
		expect(await objectCount()).toBe(before);
	});

	it("refuses input that is not valid and names the field, and throws for none of it", async () => {
		const client = await knownClient();
		const hold = "hld_0000000205m5t8cfgq3nkw7r";
		// What callers without types may send.
		const any = <T>(value: unknown) => value as T;
		const cases: [Promise<{ ok: boolean }>, string[]][] = [
			[credits.grant(keyed(client), any({ amount: 0, kind: "x" })), ["/amount", "/kind"]],
			[credits.grant(keyed(client), any({ amount: 1, kind: "bonus", id: 1 })), ["/id"]],
			[credits.grant(keyed(client), any(null)), [""]],
			[credits.reserve(keyed(client), any({ amount: 1.5 })), ["/amount"]],
			[credits.settle(callerOf(client), hold, any({})), ["/amount"]],
			[credits.settle(callerOf(client), hold, any({ amount: -1 })), ["/amount"]],
			[credits.extend(callerOf(client), hold, any({})), ["/ttl_s"]],
			[credits.refund(callerOf(client), hold, any({ amount: 0 })), ["/amount"]],
			[credits.settle(callerOf(client), any(5), { amount: 1 }), ["/hold"]],
			[credits.release(callerOf(client), any(undefined)), ["/hold"]],
			[credits.extend(callerOf(client), "lot_0000000205m5t8cfgq3nkw7r", { ttl_s: 1 }), ["/hold"]],
			[credits.refund(callerOf(client), "'; --"), ["/hold"]],
			[credits.reserve(keyed(client), { amount: 1, purpose: "a \ud800" }), ["/purpose"]],
			[credits.balance(callerOf({ ...client, user: "ada" })), ["/user"]],
			[credits.balance(callerOf(client, { service: "usr_ada" })), ["/service"]],
			[credits.balance(callerOf(client, { tenant: "" })), ["/tenant"]],
			[credits.balance(callerOf(client, { idempotency_key: "a b" })), ["/idempotency_key"]],
			[credits.balance(any(undefined)), [""]],
			[credits.balance(any({ ...callerOf(client), admin: true })), ["/admin"]],
		];
		for (const [answer, pointers] of cases) {
			const { code, members } = problemOf(await answer);
			const errors = members.errors as { pointer: string }[];
			expect([code, errors.map(({ pointer }) => pointer)]).toEqual(["invalid-request", pointers]);
		}
		expect(await headSeq(client)).toBe(0);
	});
});
