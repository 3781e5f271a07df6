import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ROOT } from "../../../dev/settings.ts";
import { type Caller, newCaller } from "./caller.ts";

/** Every command that the HTTP API has, by users of its own: a history with something of every kind in it. */

type Made = { id: string; code?: string; media?: string; status?: string };

/** Grey, one pixel. */
const PNG = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
	"base64",
);
/** Long enough that a busy machine gets there before it is over, and short enough to be waited for. */
const SOON_MS = 3_000;
const YEAR_2100 = Date.UTC(2100, 0, 1);
const ANY = { "If-Match": "*" };
const WAIT = { Prefer: "wait=30" };

/**
 * Every operation of the API that changes something of a user's or a tenant's, so neither the operator's nor those of accounts, nor the erasure
 * that ends all; a tenant is made by whoever has one.
 */
export const COMMANDS: readonly string[] = Object.entries<object>(
	JSON.parse(readFileSync(join(ROOT, "docs/openapi.json"), "utf8")).paths,
)
	.flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`))
	.filter(
		(operation) => !/^GET |\/admin\/|\/auth\/|^POST \/v1\/tenants$|^DELETE \/v1\/users\/\{user\}$/.test(operation),
	);

const quizDocument = (title: string, thumbnail?: string) => ({
	title,
	description: "Written while releases changed.",
	tags: ["release"],
	difficulty: "beginner",
	source: "upload",
	...(thumbnail !== undefined && { thumbnail }),
	subjects: [
		{
			name: "all",
			questions: [0, 1, 2].map((index) => ({
				id: index + 1,
				question: `Question ${index + 1}?`,
				options: ["one", "two", "three"],
				correctAnswer: index,
				explanation: "Because.",
			})),
		},
	],
});

/** Somebody who runs commands, and notes which. */
class Actor {
	readonly caller: Caller;
	readonly #done: Set<string>;

	constructor(caller: Caller, done: Set<string>) {
		this.caller = caller;
		this.#done = done;
	}

	/** @param operation as in the API's document; what stands in braces is in `ids`; the user is the caller where it is not */
	does(
		operation: string,
		ids: Record<string, string> = {},
		body?: unknown,
		headers?: Record<string, string>,
	): Promise<Made> {
		this.#done.add(operation);
		const [method = "", template = ""] = operation.split(" ");
		const path = template.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? (name === "user" ? "me" : name));
		return this.caller.ok<Made>(method, path, body, headers);
	}
}

/** Who lived through it, and the quiz of theirs that everybody may take. */
export interface Lived {
	users: { author: string; taker: string; visitor: string };
	quiz: string;
}

/** Whether the release that runs there has the operation's path: the one before has no tenants yet. */
async function isKnown(url: string, path: string): Promise<boolean> {
	const { paths }: { paths: object } = await (await fetch(`${url}/openapi.json`)).json();
	return Object.hasOwn(paths, path);
}

/**
 * Runs every command once at least that the release which runs there has.
 * @param name what tells these users from those of another run
 */
export async function everyCommand(url: string, folder: string, name: string): Promise<Lived & { done: Set<string> }> {
	const users = { author: `usr_author_${name}`, taker: `usr_taker_${name}`, visitor: `usr_visitor_${name}` };
	const done = new Set<string>();
	const actor = async (user: string) => new Actor(await newCaller(url, folder, user), done);
	const [author, taker, visitor] = [await actor(users.author), await actor(users.taker), await actor(users.visitor)];
	const quiz = await authors(author, name);
	await shares(author, visitor);
	await takes(taker, quiz);
	if (await isKnown(url, SITTING)) await sits(author, taker, quiz);
	await spends(taker, quiz);
	if (await isKnown(url, MEMBERS)) {
		await importsFile(author);
		await manages(author);
	}
	return { users, quiz, done };
}

const QUIZZES = "/v1/users/{user}/quizzes";
const PUBLICATION = `${QUIZZES}/{quiz}/publication`;

async function created(author: Actor, title: string, thumbnail?: string): Promise<string> {
	return (await author.does(`POST ${QUIZZES}`, {}, quizDocument(title, thumbnail))).id;
}

async function authors(author: Actor, name: string): Promise<string> {
	const does = author.does.bind(author);
	const upload = async (image: Uint8Array) =>
		(await does("POST /v1/users/{user}/media", {}, image, { "Content-Type": "image/png" })).media ?? "";
	const thumbnail = await upload(PNG);
	const unused = await upload(Buffer.concat([PNG, Buffer.from([0])]));
	await does("DELETE /v1/users/{user}/media/{media}", { media: unused });

	const quiz = await created(author, "Taken by all", thumbnail);
	await does(`PUT ${PUBLICATION}`, { quiz }, { visibility: "public" }, WAIT);
	await does(`PUT ${QUIZZES}/{quiz}`, { quiz }, quizDocument("Taken by all, mended"), ANY);
	await does(`PUT ${PUBLICATION}`, { quiz }, { visibility: "public" }, { ...ANY, ...WAIT });
	await does(`POST ${QUIZZES}/{quiz}/versions/{n}/restoration`, { quiz, n: "1" }, undefined, ANY);
	await does(`PUT ${QUIZZES}/{quiz}`, { quiz }, quizDocument("Taken by all, mended"), ANY);
	await does(`PUT ${QUIZZES}/{quiz}/slug`, { quiz }, { slug: `taken-by-all-${name}` });

	const { id: copy } = await does(`POST ${QUIZZES}/{quiz}/duplication`, { quiz });
	for (const status of ["review", "draft", "archived"]) {
		await does(`PUT ${QUIZZES}/{quiz}/status`, { quiz: copy }, { status });
	}
	const withdrawn = await created(author, "Withdrawn");
	await does(`PUT ${PUBLICATION}`, { quiz: withdrawn }, { visibility: "tenant" }, WAIT);
	await does(`DELETE ${PUBLICATION}`, { quiz: withdrawn });
	const deleted = await created(author, "Deleted and back");
	await does(`DELETE ${QUIZZES}/{quiz}`, { quiz: deleted });
	await does(`POST ${QUIZZES}/{quiz}/undeletion`, { quiz: deleted });
	await does(`DELETE ${QUIZZES}/{quiz}`, { quiz: deleted });
	await does(`POST ${QUIZZES}/imports`, {}, { format: "json", quizzes: [quizDocument("Imported")] });

	const collections = "/v1/users/{user}/collections";
	const list = { title: "Week 1", quizzes: [quiz] };
	const { id: kept } = await does(`POST ${collections}`, {}, { ...list, visibility: "public" });
	await does(`PUT ${collections}/{collection}`, { collection: kept }, { ...list, title: "Week 2" }, ANY);
	const { id: gone } = await does(`POST ${collections}`, {}, list);
	await does(`DELETE ${collections}/{collection}`, { collection: gone });

	return quiz;
}

async function shares(author: Actor, visitor: Actor): Promise<void> {
	const quiz = await created(author, "Shared");
	await author.does(`PUT ${PUBLICATION}`, { quiz }, { visibility: "private" }, WAIT);
	for (const access of ["view", "attempt", "copy", "edit"]) {
		const { id: share, code = "" } = await author.does(`POST ${QUIZZES}/{quiz}/shares`, { quiz }, { access });
		await visitor.does("POST /v1/shares/{code}/redemption", { code });
		if (access === "view") await author.does(`DELETE ${QUIZZES}/{quiz}/shares/{share}`, { quiz, share });
	}
}

async function importsFile(author: Actor): Promise<void> {
	const file = Buffer.from("::Light:: What is fastest? {=light ~sound}");
	await author.does(`POST ${QUIZZES}/imports/files`, {}, file, { "Content-Type": "text/plain" });
}

const TENANT = "/v1/tenants/{tenant}";
const MEMBERS = `${TENANT}/members`;

async function manages(manager: Actor): Promise<void> {
	const does = (operation: string, ids: Record<string, string> = {}, body?: unknown) =>
		manager.does(operation, { tenant: "ten_demo", ...ids }, body);
	await does(`PATCH ${TENANT}`, {}, { settings: { guests: "allowed" } });
	const { id: user } = await does(`POST ${MEMBERS}`, {}, { role: "learner", name: "Grace" });
	await does(`PATCH ${MEMBERS}/{user}`, { user }, { role: "author" });
	await does(`DELETE ${MEMBERS}/{user}`, { user });
	await does(`POST ${TENANT}/users/{user}/restoring`, { user });
	await does(`POST ${TENANT}/users/{user}/disabling`, { user });
	await does(
		`PUT ${TENANT}/users/{user}`,
		{ user: `usr_provisioned_${crypto.randomUUID().slice(0, 8)}` },
		{ name: "Ada" },
	);
	const invitation = { email: `grace-${crypto.randomUUID()}@example.org`, role: "author" };
	const { id: invited } = await does(`POST ${TENANT}/invitations`, {}, invitation);
	await does(`DELETE ${TENANT}/invitations/{invitation}`, { invitation: invited });
	const { id: service } = await does(`POST ${TENANT}/services`, {}, { name: "Generator" });
	await does(`POST ${TENANT}/services/{service}/disabling`, { service });
	await does(`POST ${TENANT}/services/{service}/restoring`, { service });
	const { id: key } = await does(`POST ${TENANT}/api-keys`, {}, { service, name: "nightly", scopes: ["credits:read"] });
	const { id: next } = await does(`POST ${TENANT}/api-keys/{key}/rotation`, { key }, { overlap_s: 3_600 });
	await does(`DELETE ${TENANT}/api-keys/{key}`, { key: next });
	await does("PATCH /v1/users/{user}", {}, { first_name: "Ada" });
}

async function takes(taker: Actor, quiz: string): Promise<void> {
	for (const choice of [0, 1]) {
		const submission = { quiz, answers: { "1": choice, "2": 1 }, time_taken_s: 1 };
		await taker.does("POST /v1/users/{user}/attempts", {}, submission);
	}
	for (const list of ["favorites", "likes"]) {
		await taker.does(`PUT /v1/users/{user}/${list}/{quiz}`, { quiz });
		await taker.does(`DELETE /v1/users/{user}/${list}/{quiz}`, { quiz });
		await taker.does(`PUT /v1/users/{user}/${list}/{quiz}`, { quiz });
	}
}

const SITTING = "/v1/users/{user}/attempts/{attempt}/submission";

/** Opens attempts: one is saved and submitted, one runs out before the next command. */
async function sits(author: Actor, taker: Actor, quiz: string): Promise<void> {
	const settings = { time_limit_s: 1, overdue: "abandon" };
	const { id: short } = await author.does(`POST ${QUIZZES}`, {}, { ...quizDocument("In a second"), settings });
	await author.does(`PUT ${PUBLICATION}`, { quiz: short }, { visibility: "public" }, { Prefer: "wait=20" });
	await taker.does("POST /v1/users/{user}/attempts", {}, { quiz: short });
	const { id: attempt } = await taker.does("POST /v1/users/{user}/attempts", {}, { quiz });
	const changes = [{ question: "1", counter: 1, response: 0 }];
	await taker.does("PATCH /v1/users/{user}/attempts/{attempt}", { attempt }, { changes });
	await taker.does(`POST ${SITTING}`, { attempt });
	await new Promise((resolve) => setTimeout(resolve, SOON_MS));
}

async function spends(taker: Actor, quiz: string): Promise<void> {
	const credits = "/v1/users/{user}/credits";
	const grant = (body: object) => taker.does(`POST ${credits}/grants`, {}, { kind: "bonus", ...body });
	await taker.does(`PUT ${credits}/preferences`, {}, { low_balance_at: 400, expiring_notice_s: 3_600 });
	await taker.does(`PUT ${credits}/limits`, {}, { daily_cap: 10_000 });
	await grant({ amount: 500, kind: "purchase", reference: "order 1042" });
	await grant({ amount: 40, expires_at: YEAR_2100 });
	await grant({ amount: 7, effective_at: Date.now() + SOON_MS });
	const voided = await grant({ amount: 5 });
	await taker.does(`POST ${credits}/lots/{lot}/void`, { lot: voided.id }, { reason: "chargeback" });
	await taker.does(`PUT ${credits}/plan`, {}, { tier: "pro", amount: 20, anchor_day: 31, rollover_cap: 5 });
	await taker.does(`DELETE ${credits}/plan`);

	const reserve = async (body: object) =>
		(await taker.does(`POST ${credits}/holds`, {}, { model: "m-1", prompt: "About birds", ...body })).id;
	const settled = await reserve({ amount: 200 });
	const settlement = { amount: 180, tokens_used: 1_234, cost_cents: 5, quiz };
	await taker.does(`POST ${credits}/holds/{hold}/settlement`, { hold: settled }, settlement);
	await taker.does(`POST ${credits}/holds/{hold}/refund`, { hold: settled }, { amount: 2 });
	const released = await reserve({ amount: 3 });
	await taker.does(`POST ${credits}/holds/{hold}/release`, { hold: released }, { error: "timeout" });
	const open = await reserve({ amount: 9, ttl_s: 3_600 });
	await taker.does(`POST ${credits}/holds/{hold}/extension`, { hold: open }, { amount: 2, ttl_s: 3_600 });
	await reserve({ amount: 6, ttl_s: 1 });
	// The last one, or a hold would take it: what expires first is spent first.
	await grant({ amount: 3, expires_at: Date.now() + SOON_MS });
	const byClock = ["credits.activated", "credits.lot_expired", "credits.hold_expired"];
	const kinds = async () => {
		await taker.caller.ok("GET", "credits");
		return (await logOf(taker.caller)).map(({ kind }) => kind);
	};
	await expect.poll(kinds, { timeout: 30_000 }).toEqual(expect.arrayContaining(byClock));
}

interface LogPage {
	items: { seq: number; kind: string; hash: string }[];
	head_seq: number;
	next_after: number;
}

/** All rows of the caller's log, in their order. */
export async function logOf({ ok }: Caller): Promise<LogPage["items"]> {
	const rows: LogPage["items"] = [];
	for (let after = 0; ; ) {
		const { items, head_seq, next_after } = await ok<LogPage>("GET", `log?limit=100&after=${after}`);
		rows.push(...items);
		if (items.length === 0 || next_after >= head_seq) return rows;
		after = next_after;
	}
}
