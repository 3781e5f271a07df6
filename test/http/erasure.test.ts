import { expect, test, vi } from "vitest";
import { FRESH_SIGN_IN_MS } from "../../src/domain/people/limits.ts";
import { erase, finishErasures, requestErasure } from "../lib/erasures.ts";
import {
	type Client,
	call,
	caughtUp,
	EVERY_SCOPE,
	everyItem,
	expectProblem,
	fresh,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
	tokenFor,
} from "../lib/harness.ts";
import { png, uploaded } from "../lib/images.ts";
import { by, tokenBy } from "../lib/machines.ts";
import { newPerson, newSignedIn, rowsOf } from "../lib/people.ts";
import { eventsOf, newMember } from "../lib/tenants.ts";

/** Who may erase whom, what becomes of it, and what others see then. */

/** The erasure of the user by a token with these claims. */
async function erasing(user: string, claims: { sub: string; tenant: string; scope?: string; [name: string]: unknown }) {
	const token = await tokenFor({ scope: "attempts:read", ...claims });
	const client = await newClient();
	return client.request("DELETE", `/v1/users/${user}`, { headers: { Authorization: `Bearer ${token}` } });
}

const now_s = () => Math.floor(Date.now() / 1_000);
const FRESH_S = FRESH_SIGN_IN_MS / 1_000;

test("one erases oneself by the token of a fresh sign-in, and by no other", async () => {
	const { user: sub, tenant } = await newClient();
	await (await newClient({ user: sub, tenant })).get("/v1/users/me/sync");
	for (const stale of [{}, { auth_time: now_s() - FRESH_S - 5 }, { auth_time: now_s(), act: { sub: "svc_x" } }]) {
		for (const user of ["me", sub]) expectProblem(await erasing(user, { sub, tenant, ...stale }), "forbidden");
	}
	// To manage others is no reason to erase oneself by a token that somebody may have found.
	expectProblem(await erasing("me", { sub, tenant, scope: "users:write" }), "forbidden");
	const answer = await erasing("me", { sub, tenant, auth_time: now_s() - FRESH_S + 60 });
	expect(answer.status).toBe(202);
	expect(answer.body).toMatchObject({ user: sub, status: "erasing", finished_at: null });
	await finishErasures();
});

test("others erase whom their tenant has, where they may manage users, and nobody else", async () => {
	const client = await newClient();
	await caughtUp(client);
	const { user, tenant } = client;
	const manager = { sub: "svc_people", tenant, scope: "users:write" };
	expectProblem(await erasing(user, { ...manager, scope: EVERY_SCOPE.replace(" admin", "") }), "forbidden");
	for (const [named, claims] of [
		[user, { ...manager, tenant: fresh("ten") }],
		[fresh("usr"), manager],
		["me", manager],
	] as const) {
		expectProblem(await erasing(named, claims), "not-found");
	}
	expectProblem(await erasing("usr_!", manager), "invalid-request");
	expect((await client.get("/v1/users/me/sync")).status).toBe(200);
	const first = await erasing(user, manager);
	const second = await erasing(user, manager);
	expect([first.status, second.status, second.body.id]).toEqual([202, 202, first.body.id]);
	await finishErasures();
	const third = await erasing(user, manager);
	expect(third.body).toMatchObject({ id: first.body.id, status: "erased", step: "finished", waits_for: null });
});

test("its progress is told to who manages the tenant's users, and to nobody of another tenant", async () => {
	const client = await newClient();
	await caughtUp(client);
	const { id } = (await requestErasure(client)).body;
	const read = async (tenant: string, scope: string, of = tenant) =>
		(await newClient({ tenant, scope })).get(`/v1/tenants/${of}/erasures/${id}`);
	expectProblem(await read(client.tenant, EVERY_SCOPE.replace(" admin", "")), "forbidden");
	expectProblem(await read(fresh("ten"), "users:write", client.tenant), "not-found");
	expectProblem(await read(fresh("ten"), "users:write"), "not-found");
	await expect
		.poll(async () => (await read(client.tenant, "users:write")).body.step, { timeout: 20_000 })
		.toBe("pause");
	const waiting = (await read(client.tenant, "users:write")).body;
	expect(waiting).toMatchObject({ status: "erasing", waits_for: expect.stringMatching(/^Until /) });
	await finishErasures();
	expect((await read(client.tenant, "users:write")).body).toMatchObject({ status: "erased", waits_for: null });
});

test("who is erased does not come back: not by a token of before or of now, nor by a service, nor by the shard's name", async () => {
	const client = await newClient();
	await client.post("/v1/users/me/credits/grants", { amount: 5, kind: "purchase" });
	await caughtUp(client);
	const { user, tenant } = client;
	const service = await newClient({ user: "svc_x", tenant, scope: `${EVERY_SCOPE} on-behalf-of` });
	await service.get(`/v1/users/${user}/credits`);
	await erase(client);
	const again = await newClient({ user, tenant });
	for (const caller of [client, again, service]) {
		for (const path of ["credits", "attempts", "log"]) {
			expect((await caller.get(`/v1/users/${user}/${path}`)).status).toBeGreaterThanOrEqual(401);
		}
		const grant = await caller.post(`/v1/users/${user}/credits/grants`, { amount: 5, kind: "purchase" });
		expect([401, 403, 404]).toContain(grant.status);
		const hold = await caller.post(`/v1/users/${user}/credits/holds`, { amount: 1, prompt: "back" });
		expect([401, 403, 404]).toContain(hold.status);
	}
	const call = { user, tenant, actor: user, now: Date.now(), request_id: "x" };
	expect((await client.shard().credits.endPlan(call)).outcome).toMatchObject({ ok: false });
	expect(await testEnv.KEYS.head(`keys/${user}`)).toBeNull();
});

test("no release applies anything of who is erased to the catalog: the database itself refuses", async () => {
	const client = await newClient();
	await client.post("/v1/users/me/credits/grants", { amount: 5, kind: "purchase" });
	await caughtUp(client);
	await erase(client);
	const move = (by: number) =>
		testEnv.CATALOG.prepare("UPDATE shards SET applied_seq = applied_seq + ? WHERE user_id = ?")
			.bind(by, client.user)
			.run();
	// As what a cursor says that somebody else has moved, so that any release leaves the message alone.
	await expect(async () => await move(1)).rejects.toThrow("NOT NULL constraint failed: shards.applied_seq");
	expect((await move(0)).meta.changes).toBe(1);
});

test("the tenant's log says who asked for it, and that it is over", async () => {
	const owner = await newMember();
	const { user } = await newMember({ tenant: owner.tenant, role: "learner" });
	expect((await owner.request("DELETE", `/v1/users/${user}`)).status).toBe(202);
	await finishErasures();
	expect(await eventsOf(owner, `&subject=${user}`)).toMatchObject([
		{ kind: "member.erasing", actor: owner.user, before: { status: "active" }, after: { status: "erasing" } },
		{ kind: "member.erased", actor: owner.user, before: { status: "erasing" }, after: { status: "erased" } },
	]);
});

const TITLE = "The wombat compendium";

/** An author with a quiz that others have taken, copied, collected and liked. */
async function authorAndOthers() {
	const author = await newClient();
	const thumbnail = await uploaded(author, png(5, 7, author.user));
	const image = await uploaded(author, png(5, 8, author.user));
	const quiz = await publishedQuiz(author, { ...quizDocument(TITLE), description: "All of wombat", thumbnail });
	const taker = await newClient();
	const key = { "Idempotency-Key": "first" };
	const attempt = await taker.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } }, key);
	const { body: share } = await author.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "copy" });
	const { copy } = (await taker.post(`/v1/shares/${share.code}/redemption`)).body;
	const { body: edit } = await author.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "edit" });
	expect((await taker.post(`/v1/shares/${edit.code}/redemption`)).status).toBe(200);
	await taker.put(`/v1/users/me/favorites/${quiz}`);
	await taker.post("/v1/users/me/collections", { title: "Week", visibility: "private", quizzes: [quiz] });
	await caughtUp(author);
	await caughtUp(taker);
	return {
		author,
		taker,
		quiz,
		attempt: attempt.body,
		copy: copy.quiz as string,
		code: share.code as string,
		thumbnail,
		image,
		key,
	};
}

const reads = (client: Client, paths: readonly string[]) =>
	Promise.all(paths.map(async (path) => (await client.get(path)).text));

test("attempts of others at the quizzes of who is erased stay theirs with their marks, and without any text of the quiz", async () => {
	const { author, taker, quiz, attempt, copy, code, thumbnail, image, key } = await authorAndOthers();
	expect(attempt.title).toBe(TITLE);
	await taker.request("DELETE", `/v1/users/me/quizzes/${copy}`);
	const statistics = () =>
		testEnv.CATALOG.prepare("SELECT attempts, takers FROM quiz_statistics WHERE quiz = ?").bind(quiz).first();
	const before = await statistics();
	await erase(author);
	const erased = { ...attempt, title: "erased" };
	expect((await taker.get(`/v1/users/me/attempts/${attempt.id}`)).body).toEqual(erased);
	expect((await everyItem(taker, `/v1/users/me/attempts?quiz=${quiz}`)).items).toEqual([erased]);
	const replayed = await taker.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } }, key);
	expect([replayed.headers.get("Idempotent-Replayed"), replayed.body]).toEqual(["true", erased]);
	const row = (await taker.get("/v1/users/me/log?limit=100")).body.items.find(
		(each: { kind: string }) => each.kind === "attempt.submitted",
	);
	expect(row.body).toMatchObject({ quiz, title: "erased", score: attempt.score });
	expect(await statistics()).toEqual(before);
	const gone = [
		`/v1/quizzes/${quiz}`,
		`/v1/quizzes/${quiz}/statistics`,
		`/v1/shares/${code}`,
		`/v1/media/${image}`,
		"/v1/slugs/the-wombat-compendium",
	];
	for (const path of gone) expect([path, (await taker.get(path)).status]).toEqual([path, 404]);
	// The taker got this one with the copy.
	expect((await taker.get(`/v1/media/${thumbnail}`)).status).toBe(200);
	expect((await taker.post("/v1/users/me/attempts", { quiz, answers: {} })).status).toBe(404);
	expect((await taker.get(`/v1/users/${author.user}/quizzes/${quiz}`)).status).toBe(404);
	const all = await reads(taker, [
		"/v1/users/me/attempts",
		"/v1/users/me/favorites",
		"/v1/users/me/collections",
		"/v1/users/me/quizzes",
		"/v1/quizzes?q=wombat",
		"/v1/quizzes?limit=100",
	]);
	expect(all.join("\n")).not.toMatch(/wombat/i);
	expect((await taker.get("/v1/users/me/credits/verification")).body.ok).toBe(true);
});

test("a copy that somebody made by a share stays theirs, and does not say whose the original was", async () => {
	const { author, taker, quiz, copy } = await authorAndOthers();
	const path = `/v1/users/me/quizzes/${copy}`;
	expect((await taker.get(path)).body.origin).toMatchObject({ quiz, owner: author.user });
	await erase(author);
	expect((await taker.get(path)).body).toMatchObject({ title: TITLE, origin: { quiz, owner: "usr_erased" } });
	const { items } = await everyItem(taker, "/v1/users/me/quizzes");
	expect(items.find(({ id }) => id === copy).origin.owner).toBe("usr_erased");
	const published = await taker.put(`${path}/publication`, { visibility: "public" });
	expect([published.status, published.body.origin.owner]).toEqual([200, "usr_erased"]);
	const said = await reads(taker, [path, "/v1/users/me/quizzes"]);
	expect(said.join("\n")).not.toContain(author.user);
	const created = (await taker.get("/v1/users/me/log?limit=100")).body.items.find(
		(each: { kind: string }) => each.kind === "share.copied",
	);
	expect(created.body.origin.owner).toBe("usr_erased");
});

test("while it cannot be found out whether an author is erased, attempts are shown without titles", async () => {
	const { author, taker, attempt } = await authorAndOthers();
	await erase(author);
	vi.spyOn(testEnv.ACCOUNTS, "withSession").mockImplementation(() => {
		throw new Error("D1_ERROR: down");
	});
	expect((await taker.get(`/v1/users/me/attempts/${attempt.id}`)).body).toEqual({ ...attempt, title: null });
	vi.restoreAllMocks();
	expect((await taker.get(`/v1/users/me/attempts/${attempt.id}`)).body.title).toBe("erased");
});

/** The texts of all rows of ACCOUNTS. */
async function accountsText(): Promise<string> {
	const tables = ["accounts", "credentials", "sessions", "second_factors", "invitations", "tenants", "users", "guests"];
	const rows = await Promise.all([...tables, "audit_outbox", "changes", "requests", "erasures"].map(rowsOf));
	return JSON.stringify(rows);
}

test("with the last user of a person goes the person: address, name, sessions, invitations and the tenant that is called so", async () => {
	const { email, token, account } = await newSignedIn();
	const name = fresh("Zaphod");
	const access = (await tokenBy(token)).body.access_token;
	const me = (await call("/v1/users/me", { headers: by(access) })).body;
	await testEnv.ACCOUNTS.prepare("UPDATE tenants SET name = ? WHERE id = ?").bind(name, me.tenant).run();
	const organization = fresh("ten");
	const invite = `INSERT INTO invitations (id, tenant_id, email, role, hash, created_by, created_at, expires_at)
		VALUES (?, ?, ?, 'learner', ?, 'usr_x', 1, 2)`;
	await testEnv.ACCOUNTS.prepare(invite).bind(fresh("inv"), organization, email, "0".repeat(64)).run();
	const before = await accountsText();
	for (const told of [email, account, name]) expect(before).toContain(told);
	expect((await call("/v1/users/me", { method: "DELETE", headers: by(access) })).status).toBe(202);
	await finishErasures();
	const after = await accountsText();
	for (const told of [email, account, name]) expect(after).not.toContain(told);
	expect((await tokenBy(token)).status).toBe(401);
	// The address is free again, and whoever has it begins anew.
	await newPerson(email);
});
