import { gzipSync } from "node:zlib";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { cacheable } from "./cacheable.ts";
import { jsonBody } from "./json-body.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { otherTenantOr, requireOwnTenant } from "./own-tenant.ts";
import { answerFile, type PackedFile } from "./packed-file.ts";
import { authenticate } from "./principal.ts";
import { ProblemError, problemResponse } from "./problem.ts";
import { limitAddress, limitPrincipal } from "./rate-limits.ts";
import { newApp } from "./route.ts";
import { admin } from "./routes/admin.ts";
import { analytics } from "./routes/analytics.ts";
import { attempts } from "./routes/attempts.ts";
import { authoring } from "./routes/authoring.ts";
import { catalog } from "./routes/catalog.ts";
import { collections } from "./routes/collections.ts";
import { credits } from "./routes/credits.ts";
import { holds } from "./routes/holds.ts";
import { imageHeaders, images } from "./routes/images.ts";
import { interchange } from "./routes/interchange.ts";
import { log } from "./routes/log.ts";
import { media } from "./routes/media.ts";
import { quizzes } from "./routes/quizzes.ts";
import { reactions } from "./routes/reactions.ts";
import { redemptions } from "./routes/redemptions.ts";
import { reference } from "./routes/reference.ts";
import { service } from "./routes/service.ts";
import { shares } from "./routes/shares.ts";
import { slugs } from "./routes/slugs.ts";
import { versions } from "./routes/versions.ts";

export const app = newApp();

const pageHeaders = secureHeaders();
/** What is no page needs only these four: https, no guessing of types, in no frame, in no page of another origin. */
const dataHeaders = secureHeaders({
	strictTransportSecurity: true,
	xContentTypeOptions: true,
	xFrameOptions: "DENY",
	crossOriginResourcePolicy: true,
	crossOriginOpenerPolicy: false,
	originAgentCluster: false,
	referrerPolicy: false,
	removePoweredBy: false,
	xDnsPrefetchControl: false,
	xDownloadOptions: false,
	xPermittedCrossDomainPolicies: false,
	xXssProtection: false,
});

app.onError(async (error, c) => problemResponse(c, await otherTenantOr(c, error)));
app.notFound((c) => problemResponse(c, new ProblemError("not-found", "There is nothing at this address.")));

app.use(requestId({ headerName: "X-Request-Id" }));
app.use(async function setup(c, next) {
	c.set("now", Date.now());
	c.set("request_id", c.get("requestId"));
	await next();
	// Not c.header(), which makes another Response of one that is there already.
	if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
	const policies = c.get("rate_policies");
	if (policies !== undefined) c.res.headers.set("RateLimit-Policy", policies);
});
app.use("/v1/media/*", imageHeaders);
app.use(function security(c, next) {
	return c.req.path.startsWith("/v1/") ? dataHeaders(c, next) : pageHeaders(c, next);
});
app.use(limitAddress);
// Before the credential is asked for, which these do not need.
app.route("/", images);
app.use("/v1/*", authenticate, limitPrincipal, requireOwnTenant);
app.use(jsonBody);
app.use("/v1/quizzes/*", cacheable);

for (const routes of [
	service,
	reference,
	attempts,
	credits,
	holds,
	quizzes,
	shares,
	redemptions,
	collections,
	interchange,
	media,
	authoring,
	versions,
	reactions,
	log,
	slugs,
	catalog,
	analytics,
	admin,
])
	app.route("/", routes);

app.openAPIRegistry.registerComponent("securitySchemes", "token", {
	type: "http",
	scheme: "bearer",
	bearerFormat: "JWT",
	description: "A signed token. Locally: `npm run -s token -- --user usr_ada`.",
});

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

**Times** are whole milliseconds since the epoch, UTC; what ends in \`_s\` is in seconds.

**Problems.** What fails is answered as \`application/problem+json\` (RFC 9457). Go by \`code\`; \`errors\` names the fields that are
wrong. \`type\` is an address that explains the problem, and [/problems](/problems) lists them all.
`.trim();

/** What /openapi.json says; also written to docs/openapi.json, which CI compares. */
export const OPENAPI = {
	openapi: "3.1.0",
	info: {
		title: "Marksheet",
		version: "1",
		license: { name: "MIT", identifier: "MIT" },
		description: DESCRIPTION,
	},
};

/** Made by the first who asks for it: that takes as long as hundreds of other requests. */
let openApiFile: PackedFile | undefined;

function makeOpenApiFile(): PackedFile {
	const plain = JSON.stringify(app.getOpenAPI31Document(OPENAPI));
	const gzipped = new Uint8Array(gzipSync(plain)).buffer;
	return { type: "application/json", gzipped, plain };
}

app.get("/openapi.json", (c) => {
	openApiFile ??= makeOpenApiFile();
	return answerFile(c, openApiFile);
});
app.all("*", methodNotAllowed(app));
