import { afterEach, describe, expect, it, vi } from "vitest";
import { hashOfSecret, idOfApiKey } from "../../src/domain/people/api-keys.ts";
import {
	API_KEY_ROTATION_OVERLAP_MS_MAX,
	API_KEYS_PER_TENANT_MAX,
	SERVICES_PER_TENANT_MAX,
} from "../../src/domain/people/limits.ts";
import { KEY_SCOPES } from "../../src/domain/people/roles.ts";
import { type Answer, type Client, call, expectProblem, newClient, testEnv } from "../lib/harness.ts";
import {
	aMinutePasses,
	at,
	eventsOf,
	minted,
	newMember,
	newService,
	patch,
	remove,
	withCredential,
} from "../lib/tenants.ts";

/** Machines of a tenant and their keys: what they are good for, how they end, and what is stored of them. */

afterEach(() => {
	vi.useRealTimers();
});

const newMachine = async (owner: Client): Promise<string> =>
	(await owner.post(at(owner, "/services"), { name: "Generator" })).body.id;

const newKey = (owner: Client, service: string, more: object = {}, headers = {}): Promise<Answer> =>
	owner.post(at(owner, "/api-keys"), { service, name: "Key", scopes: ["credits:read"], ...more }, headers);

const rotate = (owner: Client, key: string, body?: object) => owner.post(at(owner, `/api-keys/${key}/rotation`), body);

/** What the key is answered with where it is used. */
const use = async (secret: string) =>
	(await call("/v1/users/me/credits", { headers: { Authorization: `Bearer ${secret}` } })).status;
/** A machine has no credits of its own: that is what it is told once it is let in. */
const [LET_IN, REFUSED] = [404, 401];

const DAY_S = 86_400;

describe("a key", () => {
	it("is shown once and works at once; of it a hash is stored, and the log says its terms", async () => {
		const owner = await newMember();
		const service = await newMachine(owner);
		const made = await newKey(owner, service, { scopes: ["on-behalf-of", "credits:read", "credits:read"] });
		const { secret, ...shown } = made.body;
		expect([made.status, shown]).toMatchObject([
			201,
			{
				service,
				name: "Key",
				scopes: ["credits:read", "on-behalf-of"],
				rate_class: "basic",
				created_by: owner.user,
				expires_at: null,
				last_used_at: null,
				revoked_at: null,
				successor: null,
				begins_with: secret.slice(0, 28),
			},
		]);
		expect(idOfApiKey(secret)).toBe(shown.id);
		expect(await use(secret)).toBe(LET_IN);
		expect((await owner.get(at(owner, "/api-keys"))).body.items).toMatchObject([{ id: shown.id }]);
		const row = await testEnv.ACCOUNTS.prepare("SELECT * FROM api_keys WHERE id = ?").bind(shown.id).first();
		expect([row?.hash, JSON.stringify(row)]).toEqual([
			hashOfSecret(secret),
			expect.not.stringContaining(secret.slice(28)),
		]);
		const told = await eventsOf(owner, "&kind=key.created");
		expect(told).toMatchObject([
			{
				subject: shown.id,
				actor: owner.user,
				after: { service, scopes: ["credits:read", "on-behalf-of"], expires_at: null },
			},
		]);
		const logged = JSON.stringify(told);
		for (const hidden of [secret, secret.slice(28), hashOfSecret(secret)]) expect(logged).not.toContain(hidden);
	});

	it("is made once by a request that is sent again, whose answer has the secret no more", async () => {
		const owner = await newMember();
		const service = await newMachine(owner);
		const used = { "Idempotency-Key": crypto.randomUUID() };
		const first = await newKey(owner, service, {}, used);
		const again = await newKey(owner, service, {}, used);
		expect([again.status, again.headers.get("Idempotent-Replayed")]).toEqual([201, "true"]);
		expect(again.body).toEqual({ ...first.body, secret: null });
		expectProblem(await newKey(owner, service, { name: "Other" }, used), "idempotency-key-reused");
		expect((await owner.get(at(owner, "/api-keys"))).body.items).toHaveLength(1);
	});

	it("has scopes that keys can have, and those that the tenant and its maker can give", async () => {
		const [owner, person] = [await newMember(), await newMember({ kind: "personal" })];
		const [service, alone] = [await newMachine(owner), await newMachine(person)];
		expect((await newKey(owner, service, { scopes: KEY_SCOPES })).body.scopes).toEqual(KEY_SCOPES);
		expectProblem(await newKey(owner, service, { scopes: ["credits:read", "admin"] }), "invalid-request", [
			"/scopes/1",
		]);
		expectProblem(await newKey(owner, service, { scopes: [] }), "invalid-request", ["/scopes"]);
		for (const scope of ["credits:grant", "on-behalf-of"]) {
			expectProblem(await newKey(person, alone, { scopes: [scope] }), "invalid-request", ["/scopes/0"]);
		}
		const machine = await newService(owner, ["users:write", "credits:read"]);
		expect((await newKey(machine, service, { scopes: ["credits:read"] })).status).toBe(201);
		expectProblem(await newKey(machine, service, { scopes: ["credits:grant"] }), "invalid-request", ["/scopes/0"]);
	});

	it("may send as many requests as the plan gives, or fewer; another plan gives others", async () => {
		const owner = await newMember({ plan: "premium" });
		const service = await newMachine(owner);
		const classOf = async (key: string) => {
			const { items } = (await owner.get(at(owner, "/api-keys"))).body;
			return items.find(({ id }: { id: string }) => id === key).rate_class;
		};
		expectProblem(await newKey(owner, service, { rate_class: "high" }), "invalid-request", ["/rate_class"]);
		const [usual, slow] = [await newKey(owner, service), await newKey(owner, service, { rate_class: "basic" })];
		expect([usual.body.rate_class, slow.body.rate_class]).toEqual(["standard", "basic"]);
		const operator = await newClient({ scope: "admin" });
		await patch(operator, at(owner), { plan: "enterprise" });
		expect([await classOf(usual.body.id), await classOf(slow.body.id)]).toEqual(["high", "basic"]);
		await patch(operator, at(owner), { plan: "free" });
		expect([await classOf(usual.body.id), await classOf(slow.body.id)]).toEqual(["basic", "basic"]);
	});

	it("is good until it expires, and not from then on", async () => {
		const owner = await newMember();
		const service = await newMachine(owner);
		expectProblem(await newKey(owner, service, { expires_at: Date.now() - 1 }), "invalid-request", ["/expires_at"]);
		const expires_at = Date.now() + 60_000;
		const { secret } = (await newKey(owner, service, { expires_at })).body;
		expect(await use(secret)).toBe(LET_IN);
		vi.setSystemTime(expires_at);
		expect(await use(secret)).toBe(REFUSED);
	});

	it("that is revoked is refused once isolates have looked again, and stays revoked", async () => {
		const owner = await newMember();
		const key = (await newKey(owner, await newMachine(owner))).body;
		expect(await use(key.secret)).toBe(LET_IN);
		const ended = await remove(owner, at(owner, `/api-keys/${key.id}`));
		expect(ended.body).toMatchObject({ id: key.id, revoked_at: expect.any(Number) });
		aMinutePasses();
		expect(await use(key.secret)).toBe(REFUSED);
		expect((await remove(owner, at(owner, `/api-keys/${key.id}`))).text).toBe(ended.text);
		expectProblem(await rotate(owner, key.id), "conflict");
		expect((await eventsOf(owner, `&subject=${key.id}`)).map(({ kind }) => kind)).toEqual([
			"key.created",
			"key.revoked",
		]);
		const query = "SELECT revokes FROM changes WHERE subject = ?";
		expect((await testEnv.ACCOUNTS.prepare(query).bind(key.id).all()).results).toEqual([{ revokes: 1 }]);
	});

	it("of another tenant is not found, whatever is asked of it", async () => {
		const [owner, other] = [await newMember(), await newMember()];
		const service = await newMachine(owner);
		const { id, secret } = (await newKey(owner, service)).body;
		expectProblem(await rotate(other, id), "not-found");
		expectProblem(await remove(other, at(other, `/api-keys/${id}`)), "not-found");
		expectProblem(await newKey(other, service), "not-found");
		for (const what of ["disabling", "restoring"]) {
			expectProblem(await other.post(at(other, `/services/${service}/${what}`)), "not-found");
		}
		aMinutePasses();
		expect(await use(secret)).toBe(LET_IN);
	});

	it("is one of at most so many that can be used, also of two that are made at once", async () => {
		const owner = await newMember();
		const service = await newMachine(owner);
		const insert = `INSERT INTO api_keys (id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at, revoked_at)
			VALUES (?, ?, ?, 'Key', ?, 'credits:read', 'basic', 'usr_a', 0, ?)`;
		const rows = Array.from({ length: API_KEYS_PER_TENANT_MAX + 5 }, (_, index) =>
			testEnv.ACCOUNTS.prepare(insert).bind(minted("key"), owner.tenant, service, "0".repeat(64), index < 7 ? 1 : null),
		);
		await testEnv.ACCOUNTS.batch(rows);
		const both = await Promise.all([1, 2, 3].map(() => newKey(owner, service)));
		expect(both.map(({ status }) => status).sort()).toEqual([201, 201, 409]);
		// One that takes the place of another is no more than there were.
		const last = both.find(({ status }) => status === 201)?.body.id;
		expect((await rotate(owner, last)).status).toBe(201);
		expectProblem(await newKey(owner, service), "conflict");
	});
});

describe("a rotation", () => {
	it("makes a key with the same terms; both are good for a while, and the old one no longer than that", async () => {
		const owner = await newMember();
		const service = await newMachine(owner);
		const expires_at = Date.now() + 90 * DAY_S * 1_000;
		const old = (await newKey(owner, service, { scopes: ["credits:read", "on-behalf-of"], expires_at })).body;
		const { status, body: next } = await rotate(owner, old.id, { overlap_s: 3_600 });
		expect([status, next]).toMatchObject([
			201,
			{ service, name: "Key", scopes: old.scopes, rate_class: old.rate_class },
		]);
		expect(next.expires_at - next.created_at).toBe(old.expires_at - old.created_at);
		aMinutePasses();
		expect([await use(old.secret), await use(next.secret)]).toEqual([LET_IN, LET_IN]);
		const { items } = (await owner.get(at(owner, "/api-keys"))).body;
		const [first] = items;
		expect(first).toMatchObject({ id: old.id, successor: next.id, expires_at: next.created_at + 3_600_000 });
		vi.setSystemTime(first.expires_at);
		aMinutePasses();
		expect([await use(old.secret), await use(next.secret)]).toEqual([REFUSED, LET_IN]);
		expectProblem(await rotate(owner, old.id), "conflict");
		const kinds = (await eventsOf(owner)).map(({ kind, subject }) => [kind, subject]);
		expect(kinds).toEqual(
			expect.arrayContaining([
				["key.rotated", old.id],
				["key.created", next.id],
			]),
		);
	});

	it("lets no overlap be longer than its limit, ends the old key at once without one, and takes a day unless it is said", async () => {
		const owner = await newMember();
		const service = await newMachine(owner);
		const overlapOf = async (body?: object) => {
			const { id } = (await newKey(owner, service)).body;
			const answer = await rotate(owner, id, body);
			const { items } = (await owner.get(at(owner, "/api-keys?limit=100"))).body;
			const { expires_at } = items.find((key: { id: string }) => key.id === id);
			return answer.status === 201 ? expires_at - answer.body.created_at : answer.body.errors[0].pointer;
		};
		const most = API_KEY_ROTATION_OVERLAP_MS_MAX / 1_000;
		expect(await overlapOf({ overlap_s: most })).toBe(API_KEY_ROTATION_OVERLAP_MS_MAX);
		expect(await overlapOf({ overlap_s: most + 1 })).toBe("/overlap_s");
		expect(await overlapOf({ overlap_s: 0 })).toBe(0);
		expect(await overlapOf()).toBe(DAY_S * 1_000);
	});

	it("of two at once makes one successor", async () => {
		const owner = await newMember();
		const { id } = (await newKey(owner, await newMachine(owner))).body;
		const both = await Promise.all([rotate(owner, id), rotate(owner, id)]);
		expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
		expect((await owner.get(at(owner, "/api-keys"))).body.items).toHaveLength(2);
	});
});

describe("a service", () => {
	it("that is disabled is let in no longer with any key, gets no new ones, and is let in again once restored", async () => {
		const owner = await newMember();
		const service = await newMachine(owner);
		const { secret } = (await newKey(owner, service)).body;
		expect(await use(secret)).toBe(LET_IN);
		const off = await owner.post(at(owner, `/services/${service}/disabling`));
		expect(off.body).toMatchObject({ id: service, disabled_at: expect.any(Number) });
		expectProblem(await newKey(owner, service), "conflict");
		const key = (await owner.get(at(owner, "/api-keys"))).body.items[0].id;
		expectProblem(await rotate(owner, key), "conflict");
		vi.setSystemTime(Date.now() + 46_000);
		expect(await use(secret)).toBe(REFUSED);
		expect((await owner.post(at(owner, `/services/${service}/disabling`))).text).toBe(off.text);
		const on = await owner.post(at(owner, `/services/${service}/restoring`));
		expect(on.body).toMatchObject({ disabled_at: null });
		vi.setSystemTime(Date.now() + 120_000);
		expect(await use(secret)).toBe(LET_IN);
		const told = await eventsOf(owner, `&subject=${service}`);
		expect(told.map(({ kind }) => kind)).toEqual(["service.created", "service.disabled", "service.restored"]);
		const query = "SELECT revokes FROM changes WHERE subject = ? ORDER BY number";
		expect((await testEnv.ACCOUNTS.prepare(query).bind(service).all()).results).toEqual([
			{ revokes: 1 },
			{ revokes: 0 },
		]);
	});

	it("is one of at most so many that are not disabled, made or restored", async () => {
		const owner = await newMember();
		const insert = "INSERT INTO services (id, tenant_id, name, created_by, created_at) VALUES (?, ?, 'S', 'usr_a', 0)";
		const rows = Array.from({ length: SERVICES_PER_TENANT_MAX - 1 }, () =>
			testEnv.ACCOUNTS.prepare(insert).bind(minted("service"), owner.tenant),
		);
		await testEnv.ACCOUNTS.batch(rows);
		const both = await Promise.all([1, 2].map(() => owner.post(at(owner, "/services"), { name: "Last" })));
		expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
		const made = both.find(({ status }) => status === 201)?.body.id;
		const [off, on] = ["disabling", "restoring"].map((what) => at(owner, `/services/${made}/${what}`));
		await owner.post(off ?? "");
		expect((await owner.post(at(owner, "/services"), { name: "Another" })).status).toBe(201);
		expectProblem(await owner.post(on ?? ""), "conflict");
	});
});

it("a machine that manages users is as an admin is: it makes and unmakes no owner", async () => {
	const owner = await newMember();
	const machine = await newService(owner, ["users:write"]);
	expectProblem(await patch(machine, at(owner, `/members/${owner.user}`), { role: "learner" }), "forbidden");
	expectProblem(await machine.post(at(owner, "/members"), { role: "owner" }), "forbidden");
	const stranger = withCredential(await newMember(), machine.user, machine.token);
	expectProblem(await stranger.get(at(await newMember(), "/members")), "not-found");
});
