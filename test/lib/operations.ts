import { listDurableObjectIds } from "cloudflare:test";
import { expect } from "vitest";
import { shareCode } from "../../src/domain/sharing/share-codes.ts";
import {
	type Answer,
	type Client,
	call,
	caughtUp,
	EVERY_SCOPE,
	newClient,
	publishedQuiz,
	quizDocument,
	testEnv,
	tokenFor,
} from "./harness.ts";

import { png, uploaded } from "./images.ts";
import {
	auth,
	challenged,
	freshEmail,
	NOBODY,
	newestMail,
	newSecondFactor,
	newSignedIn,
	PASSWORD,
	type Person,
	tokenIn,
} from "./people.ts";
import { minted, newInvitation, newMember } from "./tenants.ts";

/** Every operation of the OpenAPI document, with what it takes to call it; the attack suites run over all of them. */

/** What an operation needs to succeed, given what user A has. */
interface Case {
	scope?: string;
	body?: (a: Things) => Record<string, unknown>;
	headers?: Record<string, string>;
	/** What stands behind the question mark. */
	query?: string | ((a: Things) => string);
	/** Needs no credential. */
	open?: true;
	/** Needs a session in place of a token: it is about the account of {@link Things.person}. */
	session?: true;
	/** A body that is no JSON: an image, or a file of questions. */
	image?: () => Uint8Array;
	/** What A must have done for the operation to succeed. */
	before?: (a: Things) => Promise<unknown>;
	/** It is for others than A. */
	others?: true;
	/** It needs a sign-in of just now, or somebody who manages users; whoever acts on behalf of a user has neither. */
	freshly?: true;
}

export interface Things {
	client: Client;
	attempt: string;
	hold: string;
	lot: string;
	/** Private to A, with the slug and with a version 1. */
	quiz: string;
	slug: string;
	n: string;
	collection: string;
	/** Of the quiz, and its code. */
	share: string;
	code: string;
	/** Unused. */
	media: string;
	/** Someone who is signed in, for operations that are about that. */
	person?: Person;
	/** A public quiz of a tenant that lets guests in, and what one of them got. */
	guestQuiz?: string;
	guestSecret?: string;
	/** Of an invitation to the person. */
	invitationCode?: string;
	/** Of the tenant, which is A's alone: a machine, its key, another member, and an invitation. */
	tenant: string;
	service: string;
	key: string;
	member: string;
	invitation: string;
	/** Of somebody else of the tenant. */
	erasure?: string;
}

/** Someone for the operation; to make one takes two hashes. */
async function withPerson(a: Things): Promise<Person> {
	a.person = await newSignedIn();
	return a.person;
}

/** A has another attempt at the quiz, which is under way. */
async function withOpenAttempt(a: Things): Promise<void> {
	const { body } = await a.client.post("/v1/users/me/attempts", { quiz: a.quiz });
	a.attempt = body.id;
}

async function withSecondFactor(a: Things): Promise<void> {
	a.person = await newSecondFactor();
}

async function withReset(a: Things): Promise<void> {
	const person = await withPerson(a);
	await auth("request-password-reset", { email: person.email });
	a.person = { ...person, mailed: tokenIn(await newestMail(person.email)) };
}

/** The token of a sign-in of just now. */
async function withFreshSignIn(a: Things): Promise<void> {
	const { user: sub, tenant } = a.client;
	const token = await tokenFor({ sub, tenant, scope: EVERY_SCOPE, auth_time: Math.floor(Date.now() / 1_000) });
	a.person = { ...NOBODY, token };
}

/** Somebody else of the tenant is being erased. */
async function withErasure(a: Things): Promise<void> {
	const { tenant } = a.client;
	const other = await newClient({ tenant });
	await caughtUp(other);
	const { body } = await a.client.request("DELETE", `/v1/users/${other.user}`);
	a.erasure = body.id;
}

async function withGuests(a: Things): Promise<void> {
	const host = await newClient();
	a.guestQuiz = await publishedQuiz(host);
	await testEnv.ACCOUNTS.prepare(`UPDATE tenants SET settings = '{"guests":"allowed"}' WHERE id = ?`)
		.bind(host.tenant)
		.run();
}

async function withGuest(a: Things): Promise<void> {
	await withPerson(a);
	await withGuests(a);
	a.guestSecret = (await auth("guests", { quiz: a.guestQuiz })).body.guest_secret;
}

/** A person who is signed in, and asked in by a tenant. */
async function withInvitation(a: Things): Promise<void> {
	const { email } = await withPerson(a);
	a.invitationCode = await newInvitation(await newMember(), email);
}

const addressOfPerson = ({ person }: Things) => ({ email: person?.email ?? "nobody@example.org" });
const passwordAgain = () => ({ password: PASSWORD });
const tokenOfMail = ({ person }: Things) => `token=${encodeURIComponent(person?.mailed ?? "none")}`;

/** A person stands behind A. */
const withAccount = ({ client }: Things) =>
	testEnv.ACCOUNTS.prepare("UPDATE users SET account_id = ? WHERE id = ?").bind(minted("account"), client.user).run();

export const CASES: Record<string, Case> = {
	"GET /dev/mail": { open: true },
	"POST /v1/auth/sign-up/email": { open: true, body: () => ({ email: freshEmail(), password: PASSWORD }) },
	"POST /v1/auth/send-verification-email": { open: true, body: addressOfPerson },
	"GET /v1/auth/verify-email": {
		open: true,
		query: tokenOfMail,
		before: async (a) => {
			const email = freshEmail();
			await auth("sign-up/email", { email, password: PASSWORD });
			a.person = { ...NOBODY, email, mailed: tokenIn(await newestMail(email)) };
		},
	},
	"POST /v1/auth/sign-in/email": {
		open: true,
		body: (a) => ({ ...addressOfPerson(a), password: PASSWORD }),
		before: withPerson,
	},
	"POST /v1/auth/request-password-reset": { open: true, body: addressOfPerson },
	"GET /v1/auth/reset-password": { open: true, query: tokenOfMail, before: withReset },
	"POST /v1/auth/reset-password": {
		open: true,
		body: ({ person }) => ({ token: person?.mailed ?? "none", new_password: "another walk to the harbour" }),
		before: withReset,
	},
	"POST /v1/auth/two-factor/verify-totp": {
		open: true,
		body: ({ person }) => ({ code: person?.code ?? "000000", challenge: person?.challenge ?? "none" }),
		before: async (a) => {
			a.person = await challenged(await newSecondFactor());
		},
	},
	"POST /v1/auth/two-factor/verify-backup-code": {
		open: true,
		body: ({ person }) => ({ code: person?.backup_codes[0] ?? "none", challenge: person?.challenge ?? "none" }),
		before: async (a) => {
			a.person = await challenged(await newSecondFactor());
		},
	},
	"POST /v1/auth/token": { session: true, body: () => ({ scope: "attempts:read" }), before: withPerson },
	"GET /v1/auth/jwks": { open: true },
	"POST /v1/auth/guests": {
		open: true,
		body: ({ guestQuiz }) => ({ quiz: guestQuiz ?? `quz_${"0".repeat(24)}` }),
		before: withGuests,
	},
	"POST /v1/auth/guests/claim": {
		session: true,
		body: ({ guestSecret }) => ({ guest_secret: guestSecret ?? "gst_none" }),
		before: withGuest,
	},
	"GET /v1/auth/get-session": { session: true, before: withPerson },
	"GET /v1/auth/list-sessions": { session: true, before: withPerson },
	"POST /v1/auth/sign-out": { session: true, before: withPerson },
	"POST /v1/auth/revoke-session": {
		session: true,
		body: ({ person }) => ({ session: person?.session ?? NOBODY.session }),
		before: withPerson,
	},
	"POST /v1/auth/revoke-other-sessions": { session: true, before: withPerson },
	"POST /v1/auth/change-password": {
		session: true,
		body: () => ({ current_password: PASSWORD, new_password: "another walk to the harbour" }),
		before: withPerson,
	},
	"POST /v1/auth/change-email": {
		session: true,
		body: () => ({ new_email: freshEmail(), password: PASSWORD }),
		before: withPerson,
	},
	"POST /v1/auth/two-factor/enable": { session: true, body: passwordAgain, before: withPerson },
	"POST /v1/auth/two-factor/disable": { session: true, body: passwordAgain, before: withSecondFactor },
	"POST /v1/auth/two-factor/generate-backup-codes": { session: true, body: passwordAgain, before: withSecondFactor },
	"GET /health": { open: true },
	"GET /health/ready": { open: true },
	"GET /problems": { open: true },
	"GET /problems/{code}": { open: true },
	"GET /v1/users/{user}/attempts": { scope: "attempts:read" },
	"POST /v1/users/{user}/attempts": { scope: "attempts:write", body: (a) => ({ quiz: a.quiz, answers: { 1: 0 } }) },
	"GET /v1/users/{user}/attempts/{attempt}": { scope: "attempts:read" },
	"PATCH /v1/users/{user}/attempts/{attempt}": {
		scope: "attempts:write",
		body: () => ({ changes: [{ question: "1", counter: 1, response: 0 }] }),
		before: withOpenAttempt,
	},
	"POST /v1/users/{user}/attempts/{attempt}/submission": { scope: "attempts:write", before: withOpenAttempt },
	"GET /v1/users/{user}/credits": { scope: "credits:read" },
	"POST /v1/users/{user}/credits/grants": { scope: "credits:grant", body: () => ({ amount: 5, kind: "bonus" }) },
	"GET /v1/users/{user}/credits/holds": { scope: "credits:read" },
	"POST /v1/users/{user}/credits/holds": { scope: "credits:reserve", body: () => ({ amount: 1 }) },
	"GET /v1/users/{user}/credits/holds/{hold}": { scope: "credits:read" },
	"POST /v1/users/{user}/credits/holds/{hold}/settlement": { scope: "credits:reserve", body: () => ({ amount: 1 }) },
	"POST /v1/users/{user}/credits/holds/{hold}/release": { scope: "credits:reserve", body: () => ({ reason: "none" }) },
	"POST /v1/users/{user}/credits/holds/{hold}/extension": { scope: "credits:reserve", body: () => ({ ttl_s: 900 }) },
	"POST /v1/users/{user}/credits/holds/{hold}/refund": {
		scope: "credits:grant",
		body: () => ({ amount: 1 }),
		before: ({ client, hold }) => client.post(`/v1/users/me/credits/holds/${hold}/settlement`, { amount: 4 }),
	},
	"POST /v1/users/{user}/credits/lots/{lot}/void": { scope: "credits:grant", body: () => ({ reason: "chargeback" }) },
	"PUT /v1/users/{user}/credits/plan": {
		scope: "credits:grant",
		body: () => ({ tier: "pro", amount: 5, anchor_day: 31 }),
	},
	"DELETE /v1/users/{user}/credits/plan": {
		scope: "credits:grant",
		before: ({ client }) => client.put("/v1/users/me/credits/plan", { tier: "pro", amount: 5, anchor_day: 31 }),
	},
	"PUT /v1/users/{user}/credits/preferences": { scope: "credits:reserve", body: () => ({ low_balance_at: 1 }) },
	"PUT /v1/users/{user}/credits/limits": { scope: "credits:grant", body: () => ({ daily_cap: 50 }) },
	"GET /v1/users/{user}/credits/verification": { scope: "credits:read" },
	"GET /v1/users/{user}/credits/entries": { scope: "credits:read" },
	"GET /v1/users/{user}/quizzes": { scope: "quizzes:write" },
	"POST /v1/users/{user}/quizzes": { scope: "quizzes:write", body: () => ({ ...quizDocument("new") }) },
	"POST /v1/users/{user}/quizzes/imports/files": {
		scope: "quizzes:write",
		image: () => new TextEncoder().encode("The capital of France is {~Rome =Paris}."),
		headers: { "Content-Type": "text/plain" },
	},
	"POST /v1/users/{user}/quizzes/imports": {
		scope: "quizzes:write",
		body: () => ({ format: "json", quizzes: [quizDocument("imported")] }),
	},
	"GET /v1/users/{user}/quizzes/{quiz}": { scope: "quizzes:write" },
	"GET /v1/users/{user}/quizzes/{quiz}/export": { scope: "quizzes:write" },
	"PUT /v1/users/{user}/quizzes/{quiz}": {
		scope: "quizzes:write",
		body: () => ({ ...quizDocument("changed") }),
		headers: { "If-Match": "*" },
	},
	"GET /v1/users/{user}/quizzes/{quiz}/versions": { scope: "quizzes:write" },
	"GET /v1/users/{user}/quizzes/{quiz}/versions/{n}": { scope: "quizzes:write" },
	"GET /v1/users/{user}/quizzes/{quiz}/versions/{n}/diff": { scope: "quizzes:write", query: "against=1" },
	"POST /v1/users/{user}/quizzes/{quiz}/versions/{n}/restoration": {
		scope: "quizzes:write",
		headers: { "If-Match": "*" },
	},
	"PUT /v1/users/{user}/quizzes/{quiz}/slug": { scope: "quizzes:write", body: () => ({ slug: "another" }) },
	"POST /v1/users/{user}/quizzes/{quiz}/duplication": { scope: "quizzes:write", body: () => ({ version_number: 1 }) },
	"PUT /v1/users/{user}/quizzes/{quiz}/status": { scope: "quizzes:write", body: () => ({ status: "archived" }) },
	"DELETE /v1/users/{user}/quizzes/{quiz}": { scope: "quizzes:write" },
	"POST /v1/users/{user}/quizzes/{quiz}/undeletion": {
		scope: "quizzes:write",
		before: ({ client, quiz }) => client.request("DELETE", `/v1/users/me/quizzes/${quiz}`),
	},
	"PUT /v1/users/{user}/quizzes/{quiz}/publication": {
		scope: "quizzes:write",
		body: () => ({ visibility: "private" }),
	},
	"DELETE /v1/users/{user}/quizzes/{quiz}/publication": { scope: "quizzes:write" },
	"GET /v1/users/{user}/quizzes/{quiz}/shares": { scope: "quizzes:write" },
	"POST /v1/users/{user}/quizzes/{quiz}/shares": { scope: "quizzes:write", body: () => ({ access: "view" }) },
	"DELETE /v1/users/{user}/quizzes/{quiz}/shares/{share}": { scope: "quizzes:write" },
	"GET /v1/users/{user}/collections": { scope: "quizzes:write" },
	"POST /v1/users/{user}/collections": {
		scope: "quizzes:write",
		body: (a) => ({ title: "Week 1", quizzes: [a.quiz] }),
	},
	"GET /v1/users/{user}/collections/{collection}": { scope: "quizzes:write" },
	"PUT /v1/users/{user}/collections/{collection}": {
		scope: "quizzes:write",
		body: (a) => ({ title: "Week 2", quizzes: [a.quiz] }),
		headers: { "If-Match": "*" },
	},
	"DELETE /v1/users/{user}/collections/{collection}": { scope: "quizzes:write" },
	"GET /v1/users/{user}/favorites": { scope: "attempts:read" },
	"PUT /v1/users/{user}/favorites/{quiz}": { scope: "attempts:write" },
	"DELETE /v1/users/{user}/favorites/{quiz}": { scope: "attempts:write" },
	"GET /v1/users/{user}/likes": { scope: "attempts:read" },
	"PUT /v1/users/{user}/likes/{quiz}": { scope: "attempts:write" },
	"DELETE /v1/users/{user}/likes/{quiz}": { scope: "attempts:write" },
	"GET /v1/users/{user}/media": { scope: "quizzes:write" },
	"POST /v1/users/{user}/media": {
		scope: "quizzes:write",
		image: () => png(1, 1),
		headers: { "Content-Type": "image/png" },
	},
	"DELETE /v1/users/{user}/media/{media}": { scope: "quizzes:write" },
	"GET /v1/media/{media}": { open: true },
	"POST /v1/tenants": { scope: "users:write", body: () => ({ name: "Hillside" }), before: withAccount },
	"GET /v1/tenants/{tenant}": {},
	"PATCH /v1/tenants/{tenant}": { scope: "users:write", body: () => ({ name: "Hillside" }) },
	"GET /v1/tenants/{tenant}/members": { scope: "users:write" },
	"POST /v1/tenants/{tenant}/members": { scope: "users:write", body: () => ({ role: "learner", name: "Grace" }) },
	"PATCH /v1/tenants/{tenant}/members/{user}": { scope: "users:write", body: () => ({ role: "author" }) },
	"DELETE /v1/tenants/{tenant}/members/{user}": { scope: "users:write" },
	"GET /v1/tenants/{tenant}/invitations": { scope: "users:write" },
	"POST /v1/tenants/{tenant}/invitations": {
		scope: "users:write",
		body: ({ client }) => ({ email: `${client.user}@example.org`, role: "author" }),
	},
	"DELETE /v1/tenants/{tenant}/invitations/{invitation}": { scope: "users:write" },
	"GET /v1/auth/invitation": {
		open: true,
		query: ({ invitationCode }) => `token=${invitationCode ?? "none"}`,
		before: withInvitation,
	},
	"POST /v1/auth/accept-invitation": {
		session: true,
		body: ({ invitationCode }) => ({ token: invitationCode ?? "none" }),
		before: withInvitation,
	},
	"GET /v1/tenants/{tenant}/users": { scope: "users:write" },
	"PUT /v1/tenants/{tenant}/users/{user}": { scope: "users:write", body: () => ({ name: "Grace" }) },
	"POST /v1/tenants/{tenant}/users/{user}/disabling": { scope: "users:write" },
	"POST /v1/tenants/{tenant}/users/{user}/restoring": { scope: "users:write" },
	"GET /v1/tenants/{tenant}/services": { scope: "users:write" },
	"POST /v1/tenants/{tenant}/services": { scope: "users:write", body: () => ({ name: "Generator" }) },
	"POST /v1/tenants/{tenant}/services/{service}/disabling": { scope: "users:write" },
	"POST /v1/tenants/{tenant}/services/{service}/restoring": { scope: "users:write" },
	"GET /v1/tenants/{tenant}/api-keys": { scope: "users:write" },
	"POST /v1/tenants/{tenant}/api-keys": {
		scope: "users:write",
		body: (a) => ({ service: a.service, name: "Production", scopes: ["credits:read"] }),
	},
	"POST /v1/tenants/{tenant}/api-keys/{key}/rotation": { scope: "users:write", body: () => ({ overlap_s: 3_600 }) },
	"DELETE /v1/tenants/{tenant}/api-keys/{key}": { scope: "users:write" },
	"GET /v1/tenants/{tenant}/audit": { scope: "users:write" },
	"GET /v1/users/{user}": { scope: "attempts:read" },
	"PATCH /v1/users/{user}": { scope: "attempts:write", body: () => ({ timezone: "Europe/Berlin" }) },
	"GET /v1/admin/audit": { scope: "admin" },
	"GET /v1/users/{user}/log": { scope: "attempts:read" },
	"GET /v1/users/{user}/sync": { scope: "attempts:read" },
	"GET /v1/quizzes": {},
	"GET /v1/slugs/{slug}": {},
	"GET /v1/quizzes/{quiz}": {},
	"GET /v1/quizzes/{quiz}/related": {},
	"GET /v1/quizzes/{quiz}/statistics": {},
	"GET /v1/collections": {},
	"GET /v1/collections/{collection}": {},
	"GET /v1/shares/{code}": { others: true },
	"POST /v1/shares/{code}/redemption": { scope: "attempts:write", others: true },
	"GET /v1/analytics/ai-usage": { scope: "analytics:read" },
	"GET /v1/admin/replication": { scope: "admin" },
	"POST /v1/admin/replication/sweep": { scope: "admin" },
	"POST /v1/admin/replication/rebuild": { scope: "admin", body: (a) => ({ user: a.client.user }) },
	"GET /v1/admin/replication/digest": { scope: "admin", query: "table=quizzes" },
	"GET /v1/admin/dead-letters": { scope: "admin" },
	"POST /v1/admin/dead-letters/redrive": { scope: "admin", body: (a) => ({ user: a.client.user }) },
	"POST /v1/admin/dead-letters/acknowledgement": { scope: "admin", body: () => ({ until: 0 }) },
	"GET /v1/admin/dead-messages": { scope: "admin" },
	"POST /v1/admin/keys/rotation": { scope: "admin" },
	"GET /v1/users/{user}/export": { scope: "attempts:read" },
	"DELETE /v1/users/{user}": { before: withFreshSignIn, freshly: true },
	"GET /v1/tenants/{tenant}/erasures/{erasure}": { scope: "users:write", before: withErasure },
	"POST /v1/admin/signing-keys/rotation": { scope: "admin" },
};

export interface Operation extends Case {
	name: string;
	operationId: string;
	method: string;
	path: string;
	parameters: { name: string; in: string; schema: { maximum?: number } }[];
	/** It may be called without a credential too, for what is public. */
	isOpenRead: boolean;
}

type Documented = Partial<Operation> & { security?: object[] };

export const { body: document } = await call("/openapi.json");

export const OPERATIONS: Operation[] = Object.entries<Record<string, Documented>>(document.paths).flatMap(
	([path, item]) =>
		Object.entries(item).map(([verb, { parameters = [], operationId = "", security = [] }]) => {
			const method = verb.toUpperCase();
			const isOptional = security.length > 1 && security.some((each) => Object.keys(each).length === 0);
			const isOpenRead = method === "GET" && isOptional;
			const said = { operationId, method, path, parameters, isOpenRead };
			return { ...CASES[`${method} ${path}`], name: `${method} ${path}`, ...said };
		}),
);
/** Those that need a token. */
export const CLOSED = OPERATIONS.filter((operation) => !operation.open && !operation.session);
/** Those about what a user has. */
export const OF_USERS = CLOSED.filter(({ path, freshly }) => path.startsWith("/v1/users/{user}") && !freshly);
/** Those about a tenant that is there. */
export const OF_TENANTS = CLOSED.filter(({ path }) => path.startsWith("/v1/tenants/{tenant}"));
export const WITH_BODY = OPERATIONS.filter((operation) => operation.body);

/** Those that take this parameter behind the question mark. */
export const taking = (parameter: string): Operation[] =>
	OPERATIONS.filter(({ parameters }) => parameters.some((each) => each.name === parameter && each.in === "query"));

/** The most that `limit` may be, as the document says; undefined for an operation that takes none. */
export const limitMax = ({ parameters }: Operation): number | undefined =>
	parameters.find(({ name }) => name === "limit")?.schema.maximum;

/** Reads of what a user has that need no other id, with as much of it as one page holds. */
export const OWN_READS: Operation[] = OPERATIONS.filter(
	({ method, path }) => method === "GET" && path.startsWith("/v1/users/{user}") && path.split("{").length === 2,
).map((operation) => ({ ...operation, ...(limitMax(operation) && { query: `limit=${limitMax(operation)}` }) }));

export const someUser = "usr_nobody";
export const NOBODYS = {
	attempt: "att_0000000205m5t8cfgq3nkw7r",
	hold: "hld_0000000205m5t8cfgq3nkw7r",
	lot: "lot_0000000205m5t8cfgq3nkw7r",
	quiz: "quz_0000000205m5t8cfgq3nkw7r",
	slug: "nobodys-quiz",
	n: "1",
	collection: "col_0000000205m5t8cfgq3nkw7r",
	share: "shr_0000000205m5t8cfgq3nkw7r",
	/** Well formed, so that it is looked for. */
	code: shareCode("nobody", "nothing"),
	media: "0".repeat(64),
	tenant: "ten_nobody",
	service: "svc_nobody",
	key: "key_0000000205m5t8cfgq3nkw7r",
	member: "usr_nobody",
	invitation: "inv_0000000205m5t8cfgq3nkw7r",
	erasure: "era_01n4k8q2xf5m5t8cfgq3nkw7",
};

export const fill = (path: string, ids: Record<string, string>) =>
	path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? "not-found"));

/** What stands in the path: below a tenant the user is another member. */
const idsOf = (
	{ path }: Pick<Operation, "path">,
	{ client: _, person: __, ...ids }: Things,
	user: string,
): Record<string, string> => ({
	...ids,
	user: path.startsWith("/v1/tenants/") ? ids.member : user,
});

const addressOf = ({ path, query }: Operation, ids: Record<string, string>, a?: Things) => {
	const behind = typeof query === "function" ? a && query(a) : query;
	return `${fill(path, ids)}${behind === undefined ? "" : `?${behind}`}`;
};

/** Where the operation goes about A's things. */
export const addressFor = (operation: Operation, a: Things, user: string): string =>
	addressOf(operation, idsOf(operation, a, user), a);

/** The session of A's person, if there is one: in place of the sender's token. */
export const bearerOf = ({ person }: Pick<Things, "person">): Record<string, string> =>
	person && person.token !== NOBODY.token ? { Authorization: `Bearer ${person.token}` } : {};

/** Sends the operation as `sender`, about A's things; `overrides` replace path parameters and the body. */
export function send(sender: Client, operation: Operation, a: Things, user: string, body?: unknown): Promise<Answer> {
	const { method, headers } = operation;
	const all = { "Idempotency-Key": crypto.randomUUID(), ...bearerOf(a), ...headers };
	const ids = idsOf(operation, a, user);
	const raw = operation.image && { raw: operation.image() };
	return sender.request(method, addressOf(operation, ids, a), {
		body: body ?? operation.body?.(a),
		...raw,
		headers: all,
	});
}

/** Sends what the client sends, and no credential. */
export const withoutCredential = (client: Client): Client => ({
	...client,
	request: (method, path, { body, headers = {} } = {}) => {
		const type = body === undefined ? {} : { "Content-Type": "application/json" };
		return call(path, {
			method,
			headers: { ...type, ...headers },
			body: body === undefined ? null : JSON.stringify(body),
		});
	},
});

/** A user who has one of everything. */
export async function userWithThings(document = quizDocument()): Promise<Things> {
	const client = await newClient({ scope: EVERY_SCOPE });
	const quiz = await publishedQuiz(client, document, "private");
	const attempt = await client.post("/v1/users/me/attempts", { quiz, answers: { 1: 0 } });
	const lot = await client.post("/v1/users/me/credits/grants", { amount: 100, kind: "purchase" });
	const hold = await client.post("/v1/users/me/credits/holds", { amount: 10 });
	const collection = await client.post("/v1/users/me/collections", { title: "Own", quizzes: [quiz] });
	const share = await client.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "attempt" });
	const media = await uploaded(client, png(3, 5));
	await caughtUp(client);
	const { slug } = (await client.get(`/v1/users/me/quizzes/${quiz}`)).body;
	const sharing = { collection: collection.body.id, share: share.body.id, code: share.body.code };
	const own = { attempt: attempt.body.id, hold: hold.body.id, lot: lot.body.id, media };
	return { client, quiz, slug, n: "1", ...own, ...sharing, ...(await thingsOfTenant(client)) };
}

/** Rows of the tenant, as its owner might have made them. */
async function thingsOfTenant({ user, tenant }: Client) {
	const made = { service: minted("service"), key: minted("key"), member: minted("user") };
	const ids = { ...made, invitation: minted("invitation") };
	const db = testEnv.ACCOUNTS;
	await db.batch([
		db
			.prepare("INSERT INTO services (id, tenant_id, name, created_by, created_at) VALUES (?, ?, 'Machine', ?, 0)")
			.bind(ids.service, tenant, user),
		db
			.prepare(
				`INSERT INTO api_keys (id, tenant_id, service_id, name, hash, scopes, rate_class, created_by, created_at)
				VALUES (?, ?, ?, 'Key', ?, 'credits:read', 'basic', ?, 0)`,
			)
			.bind(ids.key, tenant, ids.service, "0".repeat(64), user),
		db
			.prepare("INSERT INTO users (id, tenant_id, role, name, created_at) VALUES (?, ?, 'learner', 'Grace', 0)")
			.bind(ids.member, tenant),
		db
			.prepare(
				`INSERT INTO invitations (id, tenant_id, email, role, hash, created_by, created_at, expires_at)
				VALUES (?, ?, 'grace@example.org', 'learner', ?, ?, ?, ?)`,
			)
			.bind(ids.invitation, tenant, "0".repeat(64), user, Date.now(), Date.now() + 60_000),
	]);
	return { tenant, ...ids };
}

/** Whom the operation is about, where it needs a session. */
export const sessionFor = async ({ session }: Operation): Promise<{ person?: Person }> =>
	session ? { person: await newSignedIn() } : {};

/** What the catalog has of a user follows by itself, and so do answers that say it; an archive says when it was made. */
const FOLLOWING = ["/sync", "/verification", "/v1/users/{user}/export"];

/** Everything that can be seen of the user's own data. */
export async function snapshot(client: Client): Promise<unknown> {
	const reads = OWN_READS.filter(({ path }) => !FOLLOWING.some((end) => path.endsWith(end)));
	return Promise.all(
		reads.map(async (operation) => {
			const { status, body } = await client.get(addressOf(operation, { user: "me" }));
			expect([operation.name, status]).toEqual([operation.name, 200]);
			return [operation.name, body];
		}),
	);
}

export const objectCount = async () => (await listDurableObjectIds(testEnv.SHARDS)).length;

export function sendRaw(a: Things, { method, path, headers }: Operation, raw: string): Promise<Answer> {
	const json = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID(), ...bearerOf(a) };
	const ids = idsOf({ path }, a, "me");
	return a.client.request(method, fill(path, ids), { raw, headers: { ...json, ...headers } });
}
