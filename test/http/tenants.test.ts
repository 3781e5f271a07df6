import { afterEach, describe, expect, it, vi } from "vitest";
import { NAME_CHARS_MAX, PREFERENCES_BYTES_MAX, TENANTS_PER_ACCOUNT_MAX } from "../../src/domain/people/limits.ts";
import { MEMBER_ROLES } from "../../src/domain/people/roles.ts";
import { SETTINGS_DEFAULT } from "../../src/domain/people/tenants.ts";
import { type Client, EVERY_SCOPE, everyItem, expectProblem, fresh, newClient, testEnv } from "../lib/harness.ts";
import { aMinutePasses, at, eventsOf, minted, newMember, newService, patch, remove } from "../lib/tenants.ts";

/** Tenants, their members, and the users whom machines make. */

afterEach(() => {
	vi.useRealTimers();
});

const tenants = "/v1/tenants";
const once = () => ({ "Idempotency-Key": crypto.randomUUID() });

describe("a tenant", () => {
	it("is made by a person, who is its owner by another user; it is nobody else's to see", async () => {
		const person = await newMember({ kind: "personal" });
		const made = await person.post(tenants, { name: "Riverside School" });
		expect([made.status, made.body]).toMatchObject([
			201,
			{
				name: "Riverside School",
				kind: "organization",
				plan: "free",
				jurisdiction: null,
				region: null,
				settings: SETTINGS_DEFAULT,
			},
		]);
		const { id: tenant, user } = made.body;
		expect([tenant, user]).toEqual([expect.stringMatching(/^ten_\w{24}$/), expect.stringMatching(/^usr_\w{24}$/)]);
		const owner = await newClient({ user, tenant, scope: "users:write" });
		const { items } = (await owner.get(at(owner, "/members"))).body;
		expect(items).toMatchObject([{ id: user, role: "owner", status: "active", name: "Ada", has_account: true }]);
		for (const stranger of [person, await newMember(), await newMember({ role: "learner" })]) {
			expectProblem(await stranger.get(at(owner)), "not-found");
		}
		expect(await eventsOf(owner)).toMatchObject([
			{ kind: "tenant.created", actor: person.user, subject: tenant, after: { name: "Riverside School" } },
			{ kind: "member.added", subject: user, after: { role: "owner" } },
		]);
	});

	it("says by its id, and by those of its users, where it was made to be", async () => {
		const person = await newMember();
		const { body } = await person.post(tenants, { name: "Lyon", jurisdiction: "eu", region: "weur" });
		expect(body).toMatchObject({ jurisdiction: "eu", region: "weur", id: expect.stringMatching(/-eu-weur$/) });
		expect(body.user).toMatch(/^usr_\w{24}-eu-weur$/);
		const owner = await newClient({ user: body.user, tenant: body.id, scope: "users:write" });
		const member = await owner.post(at(owner, "/members"), {});
		expect(member.body.id).toMatch(/^usr_\w{24}-eu-weur$/);
	});

	it("needs a person: a service, a guest or one whom a service made has none", async () => {
		const made = await newMember({ account: null });
		const service = await newService(await newMember(), ["users:write"]);
		for (const client of [made, service]) expectProblem(await client.post(tenants, { name: "X" }), "forbidden");
		expectProblem(await (await newMember({ role: "author" })).post(tenants, { name: "X" }), "forbidden");
	});

	it("is one of at most so many of a person, also of two that are made at once", async () => {
		const account = minted("account");
		const person = await newMember({ account });
		const rows = Array.from({ length: TENANTS_PER_ACCOUNT_MAX - 2 }, () =>
			testEnv.ACCOUNTS.prepare("INSERT INTO users (id, tenant_id, account_id, created_at) VALUES (?, ?, ?, 0)").bind(
				minted("user"),
				minted("tenant"),
				account,
			),
		);
		await testEnv.ACCOUNTS.batch(rows);
		const both = await Promise.all([1, 2, 3].map((n) => person.post(tenants, { name: `Tenant ${n}` })));
		expect(both.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
		const query = "SELECT count(*) AS n FROM users WHERE account_id = ?";
		const count = await testEnv.ACCOUNTS.prepare(query).bind(account).first<number>("n");
		expect(count).toBe(TENANTS_PER_ACCOUNT_MAX);
	});

	it("is made once by a request that is sent again, also at the same time", async () => {
		const person = await newMember();
		const key = once();
		const answers = await Promise.all([1, 2, 3].map(() => person.post(tenants, { name: "Once" }, key)));
		expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
		expect(answers.filter(({ headers }) => headers.get("Idempotent-Replayed") === "true")).toHaveLength(2);
		expectProblem(await person.post(tenants, { name: "Another" }, key), "idempotency-key-reused");
		const other = await newMember();
		expect((await other.post(tenants, { name: "Another" }, key)).status).toBe(201);
	});

	it("is changed by who manages it and has read it as it is; what is not said stays", async () => {
		const owner = await newMember();
		const read = await owner.get(at(owner));
		const tag = read.headers.get("ETag") ?? "";
		const settings = { guests: "allowed", retention: { prompts_days: 90 } };
		const changed = await patch(owner, at(owner), { name: "Hillside", settings }, { "If-Match": tag });
		expect(changed.body).toMatchObject({
			name: "Hillside",
			settings: {
				...SETTINGS_DEFAULT,
				guests: "allowed",
				retention: { ...SETTINGS_DEFAULT.retention, prompts_days: 90 },
			},
		});
		const stale = await patch(owner, at(owner), { name: "Late" }, { "If-Match": tag });
		expectProblem(stale, "precondition-failed");
		expect(stale.body.current_etag).toBe(changed.headers.get("ETag"));
		const again = await patch(owner, at(owner), { settings: { retention: { attempts_days: 30 } } });
		expect(again.body.settings.retention).toMatchObject({ prompts_days: 90, attempts_days: 30 });
		expect((await owner.get(at(owner))).body).toEqual(again.body);
		const told = await eventsOf(owner, "&kind=tenant.changed");
		expect(told).toMatchObject([
			{ before: { name: "Riverside", settings: { guests: "refused" } }, after: { name: "Hillside" } },
			{ after: { settings: { retention: { attempts_days: 30 } } } },
		]);
	});

	it("of two changes at once has both: none is written over the other", async () => {
		const owner = await newMember();
		const both = [{ name: "Both" }, { settings: { guests: "allowed" } }];
		const answers = await Promise.all(both.map((change) => patch(owner, at(owner), change)));
		expect(answers.map(({ status }) => status)).toEqual([200, 200]);
		expect((await owner.get(at(owner))).body).toMatchObject({ name: "Both", settings: { guests: "allowed" } });
	});

	it("keeps a setting of a later release that this one does not know", async () => {
		const owner = await newMember({ settings: { theme: "dark", retention: { photos_days: 5 } } });
		await patch(owner, at(owner), { settings: { retention: { events_days: 9 } } });
		const query = "SELECT settings FROM tenants WHERE id = ?";
		const stored = await testEnv.ACCOUNTS.prepare(query).bind(owner.tenant).first<string>("settings");
		expect(JSON.parse(stored ?? "")).toEqual({ theme: "dark", retention: { photos_days: 5, events_days: 9 } });
	});

	it("has the plan that the operator says, of whatever tenant, and no other change by an operator of another", async () => {
		const owner = await newMember();
		const refused = await patch(owner, at(owner), { plan: "enterprise" });
		expectProblem(refused, "forbidden");
		expect(refused.body.required_scope).toBe("admin");
		const operator = await newClient({ scope: "admin" });
		expect((await patch(operator, at(owner), { plan: "premium" })).body).toMatchObject({ plan: "premium" });
		expectProblem(await patch(operator, at(owner), { plan: "free", name: "Mine" }), "not-found");
		for (const path of ["/members", "/users", "/services", "/api-keys", "/audit"]) {
			expectProblem(await operator.get(at(owner, path)), "not-found");
		}
		expect(await eventsOf(owner)).toMatchObject([
			{ actor: operator.user, before: { plan: "free" }, after: { plan: "premium" } },
		]);
		const { items } = (await operator.get(`/v1/admin/audit?subject=${owner.tenant}`)).body;
		expect(items).toMatchObject([{ kind: "tenant.changed", actor: operator.user, after: { plan: "premium" } }]);
	});

	it("of a person alone does not tell its name in the log, and gets no members", async () => {
		const person = await newMember({ kind: "personal" });
		expect((await patch(person, at(person), { name: "Ada Lovelace" })).status).toBe(200);
		const [told] = await eventsOf(person);
		expect([told.private, JSON.stringify(told)]).toEqual([["name"], expect.not.stringContaining("Lovelace")]);
		expectProblem(await person.post(at(person, "/members"), {}), "conflict");
		expectProblem(await person.put(at(person, `/users/${minted("user")}`), {}), "conflict");
	});

	it.each(["", " ", "a\u0000b", "x".repeat(NAME_CHARS_MAX + 1)])("is not called %j", async (name) => {
		const owner = await newMember();
		expectProblem(await owner.post(tenants, { name }), "invalid-request");
		expectProblem(await patch(owner, at(owner), { name }), "invalid-request");
		expect((await patch(owner, at(owner), { name: "x".repeat(NAME_CHARS_MAX) })).status).toBe(200);
	});
});

describe("members", () => {
	it("are managed by those of a role with the scope, and by nobody else", async () => {
		const owner = await newMember();
		for (const role of MEMBER_ROLES) {
			const may = role === "owner" || role === "admin";
			const { status } = await (await newMember({ tenant: owner.tenant, role })).get(at(owner, "/members"));
			expect([role, status]).toEqual([role, may ? 200 : 403]);
		}
	});

	it("get another role by owners, and by admins where no owner is made or unmade", async () => {
		const owner = await newMember();
		const of = { tenant: owner.tenant };
		const [admin, learner, second] = [
			await newMember({ ...of, role: "admin" }),
			await newMember({ ...of, role: "learner" }),
			await newMember(of),
		];
		const roleOf = (who: Client, by: Client, role: string) => patch(by, at(owner, `/members/${who.user}`), { role });
		expect((await roleOf(learner, admin, "author")).body).toMatchObject({ role: "author" });
		for (const [who, role] of [
			[learner, "owner"],
			[admin, "owner"],
			[second, "admin"],
		] as const) {
			expectProblem(await roleOf(who, admin, role), "forbidden");
		}
		expectProblem(await remove(admin, at(owner, `/members/${second.user}`)), "forbidden");
		expectProblem(await admin.post(at(owner, "/members"), { role: "owner" }), "forbidden");
		expectProblem(await admin.put(at(owner, `/users/${minted("user")}`), { role: "owner" }), "forbidden");
		expect((await roleOf(learner, owner, "owner")).body).toMatchObject({ role: "owner" });
		expect((await roleOf(second, owner, "viewer")).body).toMatchObject({ role: "viewer" });
	});

	it("keep one owner: the last one neither goes nor gets another role, also of two at once", async () => {
		const owner = await newMember();
		const path = at(owner, `/members/${owner.user}`);
		expectProblem(await patch(owner, path, { role: "admin" }), "conflict");
		expectProblem(await remove(owner, path), "conflict");
		expectProblem(await owner.post(at(owner, `/users/${owner.user}/disabling`)), "conflict");
		const second = await newMember({ tenant: owner.tenant });
		// One who is disabled is no owner to be left with.
		expect((await owner.post(at(owner, `/users/${second.user}/disabling`))).status).toBe(200);
		expectProblem(await remove(owner, path), "conflict");
		await owner.post(at(owner, `/users/${second.user}/restoring`));
		const both = await Promise.all([owner, second].map((who) => remove(owner, at(owner, `/members/${who.user}`))));
		expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
	});

	it("may go by themselves, whatever their role; and nobody by that becomes less than disabled", async () => {
		const owner = await newMember();
		const [learner, other] = [
			await newMember({ tenant: owner.tenant, role: "learner" }),
			await newMember({ tenant: owner.tenant, role: "learner" }),
		];
		expectProblem(await remove(learner, at(owner, `/members/${other.user}`)), "forbidden");
		expect((await remove(learner, at(owner, `/members/${learner.user}`))).body).toMatchObject({ status: "disabled" });
		const { items } = (await owner.get(at(owner, "/members?status=disabled"))).body;
		expect(items.map(({ id }: { id: string }) => id)).toEqual([learner.user]);
	});

	it("who are guests get no role, nor those of another issuer, who says theirs", async () => {
		const owner = await newMember();
		const guest = await newMember({ tenant: owner.tenant, role: "guest", account: null });
		const foreign = await newMember({ tenant: owner.tenant, role: "learner" });
		await testEnv.ACCOUNTS.prepare("UPDATE users SET issuer = 'https://id.example.org' WHERE id = ?")
			.bind(foreign.user)
			.run();
		for (const { user } of [guest, foreign]) {
			expectProblem(await patch(owner, at(owner, `/members/${user}`), { role: "author" }), "conflict");
		}
		const ids = async (path: string) =>
			(await owner.get(at(owner, path))).body.items.map(({ id }: { id: string }) => id).sort();
		expect(await ids("/members")).toEqual([owner.user, foreign.user].sort());
		expect(await ids("/users")).toEqual([owner.user, foreign.user, guest.user].sort());
	});

	it("are added under an id of the server's, once for each key", async () => {
		const owner = await newMember();
		const key = once();
		const body = {
			role: "author",
			name: "Grace",
			timezone: "europe/berlin",
			locale: "PT-br",
			preferences: { theme: "dark" },
		};
		const added = await owner.post(at(owner, "/members"), body, key);
		expect([added.status, added.body]).toMatchObject([
			201,
			{ role: "author", name: "Grace", has_account: false, locale: "pt-BR", preferences: { theme: "dark" } },
		]);
		const again = await owner.post(at(owner, "/members"), body, key);
		expect([again.text, again.headers.get("Idempotent-Replayed")]).toEqual([added.text, "true"]);
		expect((await owner.get(at(owner, "/members"))).body.items).toHaveLength(2);
	});
});

describe("provisioning", () => {
	it("makes a user before the user ever called, and a machine grants credits at once", async () => {
		const owner = await newMember();
		const service = await newService(owner, ["users:write", "credits:grant", "on-behalf-of", "credits:read"]);
		const user = minted("user");
		const put = (body: object) => service.put(at(owner, `/users/${user}`), body);
		const made = await put({ name: "Ada", first_name: "Ada", last_name: "Lovelace" });
		expect([made.status, made.body]).toMatchObject([201, { id: user, role: "learner", status: "active", name: "Ada" }]);
		const grant = await service.post(`/v1/users/${user}/credits/grants`, { amount: 25, kind: "bonus" });
		expect(grant.status).toBe(201);
		const client = await newClient({ user, tenant: owner.tenant });
		expect((await client.get("/v1/users/me/credits")).body.available).toBe(25);
		const again = await put({ name: "Ada", first_name: "Ada", last_name: "Lovelace" });
		expect([again.status, again.text]).toEqual([200, made.text]);
		expect((await put({ name: "Countess" })).body).toMatchObject({
			name: "Countess",
			first_name: null,
			role: "learner",
		});
		expect((await put({ role: "author" })).body).toMatchObject({ name: null, role: "author" });
		const told = await eventsOf(owner, `&subject=${user}`);
		expect(told.map(({ kind, actor, private: fields }) => [kind, actor, fields])).toEqual([
			["member.added", service.user, []],
			["member.changed", service.user, ["name", "first_name", "last_name"]],
			["member.changed", service.user, ["name"]],
		]);
		expect(JSON.stringify(told)).not.toMatch(/Lovelace|Countess/);
	});

	it("of two who put the same new user at once makes one", async () => {
		const owner = await newMember();
		const user = minted("user");
		const both = await Promise.all([1, 2].map(() => owner.put(at(owner, `/users/${user}`), { name: "Ada" })));
		expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
		expect(await eventsOf(owner, `&subject=${user}`)).toHaveLength(1);
	});

	it("takes no user of another tenant, whether accounts or the catalog alone know it", async () => {
		const [owner, other] = [await newMember(), await newMember()];
		const known = fresh("usr");
		await testEnv.CATALOG.prepare(
			"INSERT INTO shards (user_id, tenant_id, applied_seq, head_hash, applied_at) VALUES (?, ?, 0, '', 0)",
		)
			.bind(known, other.tenant)
			.run();
		for (const user of [other.user, known]) {
			expectProblem(await owner.put(at(owner, `/users/${user}`), { name: "Mine" }), "not-found");
		}
		expect((await other.put(at(other, `/users/${known}`), { name: "Ours" })).status).toBe(201);
	});

	it("takes ids of the tenant's place alone, since an object is found by the id", async () => {
		const [here, there] = [await newMember(), await newMember({ suffix: "-eu" })];
		expect((await here.put(at(here, "/users/usr_of-their-choice"), {})).status).toBe(201);
		expectProblem(await here.put(at(here, `/users/${minted("user", "-eu")}`), {}), "invalid-request", ["/user"]);
		for (const user of [
			"usr_of-their-choice-eu",
			minted("user"),
			minted("user", "-eu-weur"),
			minted("user", "--weur"),
		]) {
			expectProblem(await there.put(at(there, `/users/${user}`), {}), "invalid-request", ["/user"]);
		}
		expect((await there.put(at(there, `/users/${minted("user", "-eu")}`), {})).status).toBe(201);
	});

	it("lists users page by page, and those of a status", async () => {
		const owner = await newMember();
		const made = await Promise.all(
			Array.from({ length: 7 }, async () => (await owner.post(at(owner, "/members"), {})).body.id as string),
		);
		const all = [owner.user, ...made].sort();
		const { items, pages } = await everyItem(owner, at(owner, "/users?limit=3"));
		expect([items.map(({ id }) => id), pages]).toEqual([all, 3]);
		const off = made.slice(0, 2).sort();
		for (const user of off) await owner.post(at(owner, `/users/${user}/disabling`));
		const disabled = await everyItem(owner, at(owner, "/users?status=disabled&limit=1"));
		expect(disabled.items.map(({ id }) => id)).toEqual(off);
	});

	it("lets a disabled user in no longer, nor anybody on the user's behalf, until the user is restored", async () => {
		const owner = await newMember();
		const service = await newService(owner, ["credits:read", "on-behalf-of"]);
		const member = await newMember({ tenant: owner.tenant, role: "learner" });
		const path = `/v1/users/${member.user}/credits`;
		const seen = async () => [(await member.get(path)).status, (await service.get(path)).status];
		expect(await seen()).toEqual([200, 200]);
		const off = await owner.post(at(owner, `/users/${member.user}/disabling`));
		expect(off.body).toMatchObject({ status: "disabled", disabled_at: expect.any(Number) });
		aMinutePasses();
		expect(await seen()).toEqual([403, 404]);
		const again = await owner.post(at(owner, `/users/${member.user}/disabling`));
		expect(again.body.disabled_at).toBe(off.body.disabled_at);
		await owner.post(at(owner, `/users/${member.user}/restoring`));
		aMinutePasses();
		expect(await seen()).toEqual([200, 200]);
		const told = await eventsOf(owner, `&subject=${member.user}`);
		expect(told.map(({ kind }) => kind)).toEqual(["member.disabled", "member.restored"]);
	});

	it("tells every isolate of what a change takes away, and takes back no token for what it gives", async () => {
		const owner = await newMember();
		const member = await newMember({ tenant: owner.tenant, role: "author" });
		const rows = async () => {
			const query = "SELECT revokes FROM changes WHERE subject = ? ORDER BY number";
			return (await testEnv.ACCOUNTS.prepare(query).bind(member.user).all()).results.map(({ revokes }) => revokes);
		};
		for (const role of ["editor", "learner"]) await patch(owner, at(owner, `/members/${member.user}`), { role });
		for (const what of ["disabling", "restoring"]) await owner.post(at(owner, `/users/${member.user}/${what}`));
		expect(await rows()).toEqual([0, 1, 1, 0]);
	});

	it("changes nothing of who is being erased", async () => {
		const owner = await newMember();
		const member = await newMember({ tenant: owner.tenant, role: "learner" });
		await testEnv.ACCOUNTS.prepare("UPDATE users SET status = 'erasing' WHERE id = ?").bind(member.user).run();
		for (const what of ["disabling", "restoring"]) {
			expectProblem(await owner.post(at(owner, `/users/${member.user}/${what}`)), "conflict");
		}
		expectProblem(await owner.put(at(owner, `/users/${member.user}`), { name: "Back" }), "conflict");
		await testEnv.ACCOUNTS.prepare("UPDATE users SET status = 'erased' WHERE id = ?").bind(member.user).run();
		expectProblem(await owner.post(at(owner, `/users/${member.user}/restoring`)), "not-found");
		expectProblem(await owner.put(at(owner, `/users/${member.user}`), { name: "Back" }), "conflict");
	});
});

describe("what a service does for a user whose tenant the isolate knows", () => {
	it("reads nothing of accounts and of the catalog", async () => {
		const owner = await newMember();
		const service = await newService(owner, ["credits:grant", "credits:read", "on-behalf-of"]);
		const user = minted("user");
		await owner.put(at(owner, `/users/${user}`), {});
		const grant = () => service.post(`/v1/users/${user}/credits/grants`, { amount: 1, kind: "bonus" });
		expect((await grant()).status).toBe(201);
		const count = await statements(async () => {
			for (let n = 0; n < 3; n++) expect((await grant()).status).toBe(201);
		});
		expect(count).toEqual([]);
	});
});

/** What is asked of the databases meanwhile, except for cursors, which shards ask for by themselves. */
async function statements(work: () => Promise<void>): Promise<string[]> {
	const asked: string[] = [];
	const spies = [testEnv.ACCOUNTS, testEnv.CATALOG].map((db) => {
		const prepare = db.prepare.bind(db);
		const withSession = db.withSession.bind(db);
		db.prepare = (query) => {
			asked.push(query);
			return prepare(query);
		};
		db.withSession = (constraint) => {
			const session = withSession(constraint);
			const inSession = session.prepare.bind(session);
			session.prepare = (query) => {
				asked.push(query);
				return inSession(query);
			};
			return session;
		};
		return () => Object.assign(db, { prepare, withSession });
	});
	try {
		await work();
	} finally {
		for (const restore of spies) restore();
	}
	return asked.filter((query) => !/FROM shards|INTO|UPDATE|json_each/.test(query));
}

describe("a profile", () => {
	it("is who one is and how much one has, and what is changed of it is in no log", async () => {
		const owner = await newMember();
		const member = await newMember({ tenant: owner.tenant, role: "author" });
		const read = await member.get("/v1/users/me");
		expect(read.body).toEqual({
			id: member.user,
			tenant: owner.tenant,
			role: "author",
			status: "active",
			name: "Ada",
			first_name: null,
			last_name: null,
			avatar: null,
			timezone: null,
			locale: null,
			preferences: {},
			tier: null,
			created_at: 0,
			last_login_at: null,
			counts: { attempts: 0, quizzes: 0, favorites: 0 },
		});
		const change = { first_name: "Ada", timezone: "Europe/Berlin", locale: "de-ch", preferences: { theme: "dark" } };
		const tag = read.headers.get("ETag") ?? "";
		const changed = await patch(member, "/v1/users/me", change, { "If-Match": tag });
		expect(changed.body).toMatchObject({ ...change, locale: "de-CH", name: "Ada" });
		expectProblem(await patch(member, "/v1/users/me", { name: "X" }, { "If-Match": tag }), "precondition-failed");
		expect((await patch(member, "/v1/users/me", { first_name: null })).body).toMatchObject({
			first_name: null,
			locale: "de-CH",
		});
		const told = await eventsOf(owner, `&subject=${member.user}`);
		expect(told.map(({ private: fields, after }) => [fields, after])).toEqual([
			[["first_name", "timezone", "locale", "preferences"], {}],
			[["first_name"], {}],
		]);
	});

	it("counts what there is", async () => {
		const client = await newClient({ scope: EVERY_SCOPE });
		for (const title of ["One", "Two"]) {
			const quiz = {
				title,
				subjects: [{ name: "all", questions: [{ id: 1, question: "?", options: ["a", "b"], correctAnswer: 0 }] }],
			};
			expect((await client.post("/v1/users/me/quizzes", quiz)).status).toBe(201);
		}
		await client.put("/v1/users/me/credits/plan", { tier: "pro", amount: 5, anchor_day: 1 });
		expect((await client.get("/v1/users/me")).body).toMatchObject({ tier: "pro", counts: { attempts: 0, quizzes: 2 } });
	});

	it.each([
		["timezone", ["Mars/Olympus", "+02:00", "", "UTC+2", "x".repeat(100)]],
		["locale", ["x", "de_DE", "", "de-", "a".repeat(100)]],
		["avatar", ["http://example.org/a.png", "javascript:alert(1)", "https://", "data:image/png;base64,AAAA"]],
		["name", ["", " ", "a\u0007b", "x".repeat(NAME_CHARS_MAX + 1)]],
		["preferences", [[], "x", null, { big: "x".repeat(PREFERENCES_BYTES_MAX) }]],
	] as const)("has no %s that is none", async (field, values) => {
		const member = await newMember();
		for (const value of values) {
			const refused = await patch(member, "/v1/users/me", { [field]: value });
			expectProblem(refused, "invalid-request");
			const pointers = refused.body.errors.map(({ pointer }: { pointer: string }) => pointer);
			expect(new Set(pointers)).toEqual(new Set([`/${field}`]));
		}
		expect((await member.get("/v1/users/me")).headers.get("ETag")).toBe('"1"');
	});

	it("takes what is at the edge of its limits", async () => {
		const member = await newMember();
		const padding = "x".repeat(PREFERENCES_BYTES_MAX - JSON.stringify({ big: "" }).length);
		for (const change of [
			{ preferences: { big: padding } },
			{ name: "x".repeat(NAME_CHARS_MAX) },
			{ timezone: "UTC" },
		]) {
			expect((await patch(member, "/v1/users/me", change)).body).toMatchObject(change);
		}
	});
});
