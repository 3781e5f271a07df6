import { gzipSync } from "node:zlib";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { publicOriginOf } from "../env.ts";
import { cacheable } from "./cacheable.ts";
import { crossOrigin } from "./cross-origin.ts";
import { jsonBody } from "./json-body.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { methodsAtOf } from "./methods-at.ts";
import { openApiDocument, registerComponents } from "./openapi.ts";
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
const methodsAt = methodsAtOf(app);

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
app.use(crossOrigin(methodsAt));
app.use(limitAddress);
// Before the credential is asked for, which these do not need.
app.route("/", images);
app.use("/v1/*", authenticate, limitPrincipal, requireOwnTenant);
app.use(jsonBody);
app.use("/v1/quizzes/*", cacheable);
app.use("/v1/slugs/*", cacheable);

for (const routes of [
	attempts,
	credits,
	holds,
	slugs,
	catalog,
	quizzes,
	authoring,
	versions,
	interchange,
	shares,
	redemptions,
	collections,
	reactions,
	media,
	log,
	analytics,
	admin,
	service,
	reference,
])
	app.route("/", routes);

registerComponents(app.openAPIRegistry);

/** Made by the first who asks for it: that takes as long as hundreds of other requests. */
let openApiFile: PackedFile | undefined;

function makeOpenApiFile(env: Env): PackedFile {
	const plain = JSON.stringify(openApiDocument(app, publicOriginOf(env)));
	const gzipped = new Uint8Array(gzipSync(plain)).buffer;
	return { type: "application/json", gzipped, plain };
}

app.get("/openapi.json", (c) => {
	openApiFile ??= makeOpenApiFile(c.env);
	return answerFile(c, openApiFile);
});
app.all("*", methodNotAllowed(methodsAt));
