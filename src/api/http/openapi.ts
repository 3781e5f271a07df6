import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { HonoEnv } from "../../env.ts";
import { quizDraft } from "../quizzes/schemas.ts";
import { registerHeaders } from "./answer-headers.ts";
import { registerProblems } from "./problem-schemas.ts";
import type { ShownSchema } from "./route.ts";
import { TAGS } from "./tags.ts";

/** The OpenAPI document, made of the routes: what /openapi.json says, and docs/openapi.json, which CI compares. */

const DESCRIPTION = `
A quiz backend: attempts that are never lost, AI credits that never go wrong, a catalog that anyone can query.

**Token.** Every operation under \`/v1\` needs \`Authorization: Bearer <token>\`. Locally \`npm start\` prints one;
\`npm run -s token -- --user usr_ada\` makes others. An operation says which scope it needs. \`{user}\` is \`me\` or your id; a
service with \`on-behalf-of\` may name users of its tenant. A user belongs to one tenant: a token of another one is 403.

**Idempotency-Key.** A POST takes one, and where it is required it is 400 to leave it out. Choose a new key for each request and
send the same one with its retries: they are answered as the first was, with \`Idempotent-Replayed: true\`, and nothing happens twice.
A key is kept for a day at least, and is yours: another caller's same key is another, also for the same user.

**Prefer: wait.** A change is stored when it is answered; the catalog (lists of quizzes, statistics, usage) follows in a second or
two. With \`Prefer: wait=10\` the answer waits for it, at most so many seconds; if it takes longer, the status is 202 and the
change is stored all the same. \`Sync-Seq\` is the row of the user's log that holds it; who changes another's quiz by a share gets none.

**Lists.** \`limit\` is the size of a page. Send \`next_cursor\` as \`cursor\` to get the next one, until it is null; \`Link\` has
its address. Cursors are opaque.

**Limits.** \`RateLimit-Policy\` names the limits that a request was counted in: \`"standard";q=600;w=60\` lets through 600 in 60 seconds. What is
too much is 429 \`rate-limited\` with \`RateLimit\`, the limit's name in \`rule\`, and \`Retry-After\`. They are counted about right, in each of the platform's locations.

**Other origins.** Pages of the origins that the deployment names in \`CORS_ORIGINS\` may call it, with a token and without cookies. \`OPTIONS\`
answers on every path, with its methods in \`Allow\`.

**Times** are whole milliseconds since the epoch, UTC; what ends in \`_s\` is in seconds.

**Problems.** What fails is answered as \`application/problem+json\` (RFC 9457). Go by \`code\`; \`errors\` names the fields that are
wrong. \`type\` is an address that explains the problem, and [/problems](/problems) lists them all.
`.trim();

const INFO = {
	title: "Marksheet",
	version: "1",
	license: { name: "MIT", identifier: "MIT" },
	contact: { name: "Who runs this installation" },
	description: DESCRIPTION,
};

/** What the routes refer to. */
export function registerComponents(registry: OpenAPIHono["openAPIRegistry"]): void {
	registry.registerComponent("securitySchemes", "token", {
		type: "http",
		scheme: "bearer",
		bearerFormat: "JWT",
		description: "A signed token. Locally: `npm run -s token -- --user usr_ada`.",
	});
	registry.registerComponent("securitySchemes", "session", {
		type: "http",
		scheme: "bearer",
		description:
			"The token of a session, which signing in gives. It is good for the operations of `sign-in` and for making tokens; for these an API key, " +
			"or what a guest got, is good too.",
	});
	registerHeaders(registry);
	registry.registerComponent("schemas", "UploadedFiles", {
		type: "object",
		properties: {
			file: {
				type: "array",
				items: { type: "string", format: "binary" },
				description: "The files, each with its name",
			},
		},
		required: ["file"],
		description: "A form with files",
	});
	registerProblems(registry);
	for (const [name, schema] of Object.entries(SHOWN)) registry.register(name, schema);
}

/** What schemas of the domain are shown as. */
const SHOWN = { QuizDraft: quizDraft } satisfies Record<ShownSchema, z.ZodType>;

/**
 * @param app with all its routes
 * @param origin where clients reach the service; where it is not known, addresses are relative to that of the document
 */
export function openApiDocument(app: OpenAPIHono<HonoEnv>, origin = "") {
	const document = app.getOpenAPI31Document({
		openapi: "3.1.0",
		info: INFO,
		servers: [{ url: origin === "" ? "/" : origin }],
		tags: [...TAGS],
	});
	return tidied({ ...document, components: sorted(document.components ?? {}) });
}

/** The components by name: the order in which they are registered is that of imports. */
const sorted = (components: object) =>
	Object.fromEntries(Object.entries(components).map(([kind, named]) => [kind, byName(named)]));

const byName = (named: object) => Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * The generator says of a reference with a description, or of one that may be null, that it is both the reference and that: the second
 * would never be null. OpenAPI 3.1 lets a description stand beside a reference, which code generators read better too.
 */
function tidied(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(tidied);
	if (typeof value !== "object" || value === null) return value;
	const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, tidied(member)]));
	const { allOf, "x-shown-as": shown, ...rest } = members;
	if (typeof shown === "string") return { $ref: `#/components/schemas/${shown}` };
	if (!isReferenceWith(allOf)) return members;
	const [{ $ref }, { type, oneOf, ...notes }] = allOf;
	if (oneOf !== undefined || Array.isArray(type)) return { anyOf: [{ $ref }, { type: "null" }], ...notes, ...rest };
	return type === undefined ? { $ref, ...notes, ...rest } : members;
}

const isReferenceWith = (
	parts: unknown,
): parts is [{ $ref: string }, { type?: unknown; oneOf?: unknown; [note: string]: unknown }] =>
	Array.isArray(parts) && parts.length === 2 && typeof parts[0]?.$ref === "string" && parts[1]?.$ref === undefined;
