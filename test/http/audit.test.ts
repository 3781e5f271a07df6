import { runInDurableObject } from "cloudflare:test";
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { told, toldLater, untoldOf } from "../../src/accounts/audit-outbox.ts";
import { FOLDED_TABLES } from "../../src/catalog/replication/tables.ts";
import { SCAN_ROWS_MAX } from "../../src/domain/limits.ts";
import { TENANT_BODIES, type TenantEvent } from "../../src/domain/people/events.ts";
import { INSTALLATION } from "../../src/domain/people/installation.ts";
import { AUDIT_EVENTS_AT_ONCE_MAX, AUDIT_INPUT_BYTES_MAX } from "../../src/domain/people/limits.ts";
import type { UserShard } from "../../src/index.ts";
import { handOverEvents } from "../../src/ops/hand-over-events.ts";
import { deliver } from "../../src/service/tenants/deliver.ts";
import { type Client, everyItem, expectProblem, fresh, newClient, runnerOf, testEnv } from "../lib/harness.ts";
import { at, eventsOf, minted, newMember, newService, patch, waiting } from "../lib/tenants.ts";

/** The logs of tenants and of the installation: every change is in one, once, and nobody can change it unseen. */

afterEach(() => {
	vi.restoreAllMocks();
});

const objectOf = (tenant: string) => testEnv.SHARDS.getByName(tenant) as unknown as DurableObjectStub<UserShard>;
const callOf = (tenant: string) => ({ user: tenant, tenant, actor: "test", now: Date.now(), request_id: "test" });
const verified = (tenant: string) => objectOf(tenant).log.verify(callOf(tenant), null);

const rename = (owner: Client, name: string) => patch(owner, at(owner), { name });

describe("a change of a tenant", () => {
	it("is recorded in the order in which it was committed, also where the object does not answer for a while", async () => {
		const owner = await newMember();
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const names = vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation(() => {
			throw new Error("no object answers");
		});
		for (const name of ["One", "Two", "Three"]) expect((await rename(owner, name)).status).toBe(200);
		await handOverEvents(testEnv, Date.now());
		expect(await waiting(owner.tenant)).toBe(3);
		names.mockRestore();
		expect((await eventsOf(owner)).map(({ after }) => after.name)).toEqual(["One", "Two", "Three"]);
		expect(await waiting(owner.tenant)).toBe(0);
	});

	/** A change of a tenant where the database refuses a write. */
	async function refusing(write: string) {
		const owner = await newMember();
		const trigger = `refuse_${minted("event")}`;
		const body = "BEGIN SELECT RAISE(ABORT, 'injected fault'); END";
		await testEnv.ACCOUNTS.prepare(`CREATE TRIGGER ${trigger} BEFORE ${write} = '${owner.tenant}' ${body}`).run();
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		try {
			expectProblem(await rename(owner, "Lost"), "internal-error");
		} finally {
			await testEnv.ACCOUNTS.prepare(`DROP TRIGGER ${trigger}`).run();
		}
		return [(await owner.get(at(owner))).body.name, await eventsOf(owner)];
	}

	it("is not there where what is told of it cannot be written", async () => {
		expect(await refusing("INSERT ON audit_outbox WHEN new.tenant_id")).toEqual(["Riverside", []]);
	});

	it("is not told of where it cannot be written itself", async () => {
		expect(await refusing("UPDATE ON tenants WHEN new.id")).toEqual(["Riverside", []]);
	});

	it("that is handed over twice, or by two at once, is in the log once", async () => {
		const owner = await newMember();
		await rename(owner, "Once");
		await handOverEvents(testEnv, Date.now());
		const db = testEnv.ACCOUNTS;
		const event: TenantEvent = {
			kind: "tenant.changed",
			at: Date.now(),
			actor: owner.user,
			subject: owner.tenant,
			body: { id: minted("event"), request_id: "test", after: { name: "Again" } },
		};
		const row = { tenant_id: owner.tenant, id: event.body.id, event: JSON.stringify(event), at: event.at };
		for (let n = 0; n < 3; n++) await toldLater(db, row).run();
		await Promise.all([1, 2, 3].map(() => deliver(testEnv, owner.tenant, Date.now())));
		expect((await eventsOf(owner)).map(({ after }) => after.name)).toEqual(["Once", "Again"]);
		expect(await verified(owner.tenant)).toMatchObject({ ok: true });
	});

	it("is not forgotten by one who hands over late what others have handed over before", async () => {
		const owner = await newMember();
		const db = testEnv.ACCOUNTS;
		const rowOf = (id: string) => ({ tenant_id: owner.tenant, id, event: "{}", at: 0 });
		await db.prepare("DELETE FROM audit_outbox").run();
		await toldLater(db, rowOf("evt_first")).run();
		const seen = await untoldOf(db, owner.tenant, 10);
		await told(db, seen);
		// The table is empty, so the next row gets the number again.
		await toldLater(db, rowOf("evt_second")).run();
		expect((await untoldOf(db, owner.tenant, 10))[0]?.number).toBe(seen[0]?.number);
		await told(db, seen);
		expect((await untoldOf(db, owner.tenant, 10)).map(({ id }) => id)).toEqual(["evt_second"]);
		await db.prepare("DELETE FROM audit_outbox").run();
	});

	it("waits where a later release has written what this one cannot read, and holds up no other tenant", async () => {
		const [owner, other] = [await newMember(), await newMember()];
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const event = JSON.stringify({
			kind: "tenant.imagined",
			at: 0,
			actor: "usr_a",
			subject: "ten_a",
			body: { id: "evt_x" },
		});
		await toldLater(testEnv.ACCOUNTS, { tenant_id: owner.tenant, id: "evt_x", event, at: 0 }).run();
		await rename(owner, "Behind");
		await rename(other, "Other");
		await handOverEvents(testEnv, Date.now());
		expect([await waiting(owner.tenant), await waiting(other.tenant)]).toEqual([2, 0]);
		await testEnv.ACCOUNTS.prepare("DELETE FROM audit_outbox WHERE id = 'evt_x'").run();
		expect(await eventsOf(owner)).toMatchObject([{ after: { name: "Behind" } }]);
	});

	it("is handed over whole, however much waits", async () => {
		const owner = await newMember();
		const ids = Array.from({ length: 2 * AUDIT_EVENTS_AT_ONCE_MAX + 3 }, () => minted("event"));
		const rows = ids.map((id, n) => {
			const body = { id, request_id: "test", after: { name: `n${n}` } };
			const event = JSON.stringify({ kind: "tenant.changed", at: n, actor: "usr_a", subject: owner.tenant, body });
			return toldLater(testEnv.ACCOUNTS, { tenant_id: owner.tenant, id, event, at: n });
		});
		await testEnv.ACCOUNTS.batch(rows);
		await deliver(testEnv, owner.tenant, Date.now());
		expect(await waiting(owner.tenant)).toBe(0);
		const { items } = await everyItem(owner, at(owner, "/audit?limit=40"));
		expect(items.map(({ after }) => after.name)).toEqual(ids.map((_, n) => `n${n}`).reverse());
	});
});

describe("the log of a tenant", () => {
	/** What the tenant keeps of the address and the program that a change came from. */
	async function traceOf(settings: object) {
		const owner = await newMember({ settings });
		const headers = { "CF-Connecting-IP": "203.0.113.77", "User-Agent": "Probe/1.0" };
		await patch(owner, at(owner), { name: "Traced" }, headers);
		const [{ address, user_agent, request_id }] = await eventsOf(owner);
		expect(request_id).toMatch(/^[\w-]{36}$/);
		const row = await runInDurableObject(objectOf(owner.tenant), (_, { storage: { sql } }) =>
			String(sql.exec("SELECT body FROM log ORDER BY seq DESC LIMIT 1").one().body),
		);
		return { address, user_agent, row };
	}

	it("keeps of where a change came from what the tenant's settings say", async () => {
		const none = await traceOf({});
		expect([none.address, none.user_agent]).toEqual([null, null]);
		const truncated = await traceOf({ addresses: "truncated", user_agents: "kept" });
		expect([truncated.address, truncated.user_agent]).toEqual(["203.0.113.0/24", "Probe/1.0"]);
		const sealed = await traceOf({ addresses: "sealed" });
		expect([sealed.address, sealed.user_agent]).toEqual(["203.0.113.77", null]);
		for (const { row } of [none, truncated, sealed]) expect(row).not.toContain("203.0.113.77");
	});

	it("says for whom a machine did what it did", async () => {
		const owner = await newMember();
		const user = (await owner.post(at(owner, "/members"), { role: "author" })).body.id;
		const machine = await newService(owner, ["attempts:write", "on-behalf-of"]);
		await patch(machine, `/v1/users/${user}`, { name: "Renamed" });
		const [event] = await eventsOf(owner, `&subject=${user}&kind=member.changed`);
		expect(event).toMatchObject({ actor: machine.user, private: ["name"] });
	});

	it("is found by who, what, whom and when, page by page, and in a bounded number of rows", async () => {
		const owner = await newMember();
		const second = await newMember({ tenant: owner.tenant });
		await rename(owner, "One");
		await rename(second, "Two");
		await owner.post(at(owner, "/services"), { name: "S" });
		const all = await eventsOf(owner);
		const found = async (query: string) => (await eventsOf(owner, query)).map(({ seq }) => seq);
		const seqs = (which: (event: { actor: string; kind: string; at: number; seq: number }) => boolean) =>
			all.filter(which).map(({ seq }) => seq);
		expect(await found(`&actor=${second.user}`)).toEqual(seqs(({ actor }) => actor === second.user));
		expect(await found(`&subject=${owner.tenant}`)).toHaveLength(2);
		expect(await found("&kind=service.created")).toEqual(seqs(({ kind }) => kind === "service.created"));
		const middle = all[1].at;
		expect(await found(`&from=${middle}`)).toEqual(seqs((event) => event.at >= middle));
		expect(await found(`&to=${middle - 1}`)).toEqual(seqs((event) => event.at < middle));
		expect(await found(`&from=${middle + 60_000}`)).toEqual([]);
		expectProblem(await owner.get(at(owner, "/audit?kind=nope")), "invalid-request");
		const { items, pages } = await everyItem(owner, at(owner, "/audit?limit=1"));
		expect([items.map(({ seq }) => seq), pages]).toEqual([all.map(({ seq }) => seq).reverse(), 3]);
	});

	it("is looked through no further than its bound for one page, which then is short and has a next one", async () => {
		const owner = await newMember();
		await rename(owner, "First");
		await handOverEvents(testEnv, Date.now());
		const events = Array.from(
			{ length: SCAN_ROWS_MAX + 10 },
			(): TenantEvent => ({
				kind: "service.created",
				at: Date.now(),
				actor: "usr_a",
				subject: "svc_a",
				body: { id: minted("event"), request_id: "test" },
			}),
		);
		for (let start = 0; start < events.length; start += 200) {
			await objectOf(owner.tenant).audit.record(callOf(owner.tenant), events.slice(start, start + 200));
		}
		const page = await owner.get(at(owner, "/audit?kind=tenant.changed"));
		expect([page.body.items, page.body.next_cursor]).toEqual([[], expect.any(String)]);
		const { items } = await everyItem(owner, at(owner, "/audit?kind=tenant.changed"));
		expect(items).toMatchObject([{ after: { name: "First" } }]);
	});

	it("is exported line by line so that anybody can check it: each row by the hash before it, from the first on", async () => {
		const owner = await newMember();
		for (const name of ["One", "Two", "Three"]) await rename(owner, name);
		const headers = { Accept: "application/x-ndjson" };
		const answer = await owner.request("GET", at(owner, "/audit"), { headers });
		expect(answer.headers.get("Content-Type")).toBe("application/x-ndjson");
		expect(answer.headers.get("Link")).toBeNull();
		const rows = linesOf(answer.text);
		expect(rows.map(({ kind }) => kind)).toEqual([
			"shard.opened",
			"tenant.changed",
			"tenant.changed",
			"tenant.changed",
		]);
		const genesis = createHash("sha256").update(`marksheet log 1 ${owner.tenant}`).digest("hex");
		const broken = (lines: Line[]) =>
			lines.findIndex((row, index) => {
				const previous = index === 0 ? genesis : lines[index - 1]?.hash;
				return row.previous_hash !== previous || row.hash !== hashOf(row);
			});
		expect(broken(rows)).toBe(-1);
		// Whatever is changed, left out or put elsewhere shows.
		const changed = rows.map((row, index) => (index === 2 ? { ...row, actor: "usr_other" } : row));
		expect(broken(changed)).toBe(2);
		expect(broken(rows.filter((_, index) => index !== 1))).toBe(1);
		expect(broken([...rows.slice(0, 2), ...rows.slice(2).reverse()])).toBe(2);
		const listed = await eventsOf(owner);
		expect(listed.map(({ hash }) => hash)).toEqual(rows.slice(1).map(({ hash }) => hash));
		const some = await owner.request("GET", at(owner, `/audit?from=${listed[1].at}&to=${listed[1].at}`), { headers });
		const picked = linesOf(some.text);
		expect(picked.length).toBeGreaterThan(0);
		for (const row of picked) expect(row.hash).toBe(hashOf(row));
	});

	it("is verified as that of a user is: a row that was changed in the object is named", async () => {
		const owner = await newMember();
		for (const name of ["One", "Two"]) await rename(owner, name);
		await eventsOf(owner);
		expect(await verified(owner.tenant)).toMatchObject({ ok: true, chain: { rows: 3 } });
		await runInDurableObject(objectOf(owner.tenant), (instance, { storage: { sql } }) => {
			sql.exec("UPDATE recorded SET seq = 3 WHERE seq = 2");
			runnerOf(instance).stores.log.forgetCache();
		});
		const found = await verified(owner.tenant);
		expect([found?.ok, found?.records.first_difference]).toMatchObject([false, { table: "recorded" }]);
	});

	it("is no user's to the catalog: it is in the directory, and in nothing that counts", async () => {
		const owner = await newMember();
		await rename(owner, "Counted");
		await eventsOf(owner);
		const row = () =>
			testEnv.CATALOG.prepare("SELECT number, tenant_id, applied_seq FROM shards WHERE user_id = ?")
				.bind(owner.tenant)
				.first();
		await expect.poll(row, { timeout: 20_000 }).toMatchObject({ tenant_id: owner.tenant, applied_seq: 2 });
		const number = (await row())?.number;
		for (const { name, columns } of FOLDED_TABLES.filter((table) => table.name !== "shards")) {
			for (const column of columns.filter((each) => ["user_id", "owner", "user", "shard", "taker"].includes(each))) {
				const query = `SELECT count(*) AS n FROM ${name} WHERE ${column} IN (?, ?)`;
				const { n } = (await testEnv.CATALOG.prepare(query).bind(owner.tenant, number).first<{ n: number }>()) ?? {
					n: 0,
				};
				expect([name, column, n]).toEqual([name, column, 0]);
			}
		}
		const users = (await owner.get(at(owner, "/users"))).body.items;
		expect(users.map(({ id }: { id: string }) => id)).toEqual([owner.user]);
	});
});

interface Line {
	seq: number;
	at: number;
	actor: string;
	kind: string;
	subject: string;
	body: unknown;
	previous_hash: string;
	hash: string;
}

const linesOf = (text: string): Line[] =>
	text
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));

/** As docs/tenants.md says it. */
const hashOf = ({ seq, at, actor, kind, subject, body, previous_hash }: Line): string =>
	createHash("sha256")
		.update(Buffer.from(previous_hash, "hex"))
		.update(JSON.stringify([seq, at, actor, kind, subject, JSON.stringify(body)]))
		.digest("hex");

describe("the log of the installation", () => {
	const newest = async (operator: Client) => {
		await handOverEvents(testEnv, Date.now());
		return (await operator.get(`/v1/admin/audit?actor=${operator.user}`)).body.items;
	};

	it("has what an operator asks for before it is done, and is shown to operators alone", async () => {
		const operator = await newClient({ user: fresh("svc"), scope: "admin" });
		const body = { until: 0 };
		await operator.post("/v1/admin/dead-letters/acknowledgement", body);
		expect(await newest(operator)).toMatchObject([
			{
				kind: "installation.operated",
				subject: operator.user,
				after: { operation: "POST /v1/admin/dead-letters/acknowledgement", input: body },
			},
		]);
		await operator.get("/v1/admin/replication");
		expect(await newest(operator)).toHaveLength(1);
		expectProblem(await (await newMember()).get("/v1/admin/audit"), "forbidden");
		const mine = await newClient({ tenant: INSTALLATION, scope: "users:write" });
		expectProblem(await mine.get(`/v1/tenants/${INSTALLATION}/audit`), "not-found");
	});

	it("does nothing that it cannot write down", async () => {
		const operator = await newClient({ scope: "admin" });
		await operator.get("/v1/admin/replication");
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		vi.spyOn(testEnv.ACCOUNTS, "batch").mockRejectedValue(new Error("accounts do not answer"));
		const rebuilds = () => testEnv.CATALOG.prepare("SELECT count(*) AS n FROM rebuilds").first<number>("n");
		const before = await rebuilds();
		expectProblem(await operator.post("/v1/admin/replication/rebuild", { user: operator.user }), "internal-error");
		expect(await rebuilds()).toBe(before);
	});

	it("says of what is too long that it was asked for, and no more", async () => {
		const operator = await newClient({ scope: "admin" });
		await operator.post("/v1/admin/dead-letters/acknowledgement", { until: "x".repeat(AUDIT_INPUT_BYTES_MAX) });
		expect(await newest(operator)).toMatchObject([{ after: { input: null } }]);
	});
});

it("the schedule hands over what was left behind answers", async () => {
	const owner = await newMember();
	const { scheduled } = await import("../../src/ops/scheduled.ts");
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	const names = vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation(() => {
		throw new Error("no object answers");
	});
	await rename(owner, "Left");
	names.mockRestore();
	await scheduled("* * * * *", testEnv);
	expect(await waiting(owner.tenant)).toBe(0);
});

it("every kind of event of a tenant has a body that says by which request it was", () => {
	for (const [kind, body] of Object.entries(TENANT_BODIES)) {
		expect([kind, body.safeParse({}).success]).toEqual([kind, false]);
		expect([kind, body.safeParse({ id: "evt_a", request_id: "r" }).success]).toEqual([kind, true]);
	}
});
