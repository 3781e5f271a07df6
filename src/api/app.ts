import { gzipSync } from "node:zlib";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { publicOriginOf } from "../env.ts";
import { attemptRoutes } from "./attempts/routes.ts";
import { holdRoutes } from "./credits/hold-routes.ts";
import { creditRoutes } from "./credits/routes.ts";
import { usageRoutes } from "./credits/usage-routes.ts";
import { authenticate } from "./http/authenticate.ts";
import { cacheable } from "./http/cacheable.ts";
import { crossOrigin } from "./http/cross-origin.ts";
import { formAsJson } from "./http/form-as-json.ts";
import { jsonBody } from "./http/json-body.ts";
import { methodNotAllowed } from "./http/method-not-allowed.ts";
import { methodsAtOf } from "./http/methods-at.ts";
import { openApiDocument, registerComponents } from "./http/openapi.ts";
import { requireOwnTenant } from "./http/own-tenant.ts";
import { answerFile, type PackedFile } from "./http/packed-file.ts";
import { ProblemError, problemResponse } from "./http/problem.ts";
import { limitAddress, limitPrincipal } from "./http/rate-limits.ts";
import { newApp } from "./http/route.ts";
import { importFileRoutes } from "./interchange/file-routes.ts";
import { interchangeRoutes } from "./interchange/routes.ts";
import { logRoutes } from "./log/routes.ts";
import { imageHeaders, imageRoutes } from "./media/image-routes.ts";
import { mediaRoutes } from "./media/routes.ts";
import { referenceRoutes } from "./operation/reference-routes.ts";
import { adminRoutes } from "./operation/routes.ts";
import { serviceRoutes } from "./operation/service-routes.ts";
import { claimRoutes } from "./people/claim-routes.ts";
import { tokenRoutes } from "./people/token-routes.ts";
import { privacyRoutes } from "./privacy/routes.ts";
import { lifeRoutes } from "./quizzes/life-routes.ts";
import { publishedQuizRoutes } from "./quizzes/published-routes.ts";
import { quizRoutes } from "./quizzes/routes.ts";
import { slugRoutes } from "./quizzes/slug-routes.ts";
import { versionRoutes } from "./quizzes/version-routes.ts";
import { reactionRoutes } from "./reactions/routes.ts";
import { searchRoutes } from "./search/routes.ts";
import { collectionRoutes } from "./sharing/collection-routes.ts";
import { redemptionRoutes } from "./sharing/redemption-routes.ts";
import { shareRoutes } from "./sharing/share-routes.ts";
import { accountRoutes } from "./sign-in/account-routes.ts";
import { mailRoutes } from "./sign-in/mail-routes.ts";
import { signInRoutes } from "./sign-in/routes.ts";
import { sessionRoutes } from "./sign-in/session-routes.ts";
import { requireSession } from "./sign-in/visit.ts";
import { acceptanceRoutes, offerRoutes } from "./tenants/acceptance-routes.ts";
import { auditRoutes } from "./tenants/audit-routes.ts";
import { orBySession } from "./tenants/by-session.ts";
import { invitationRoutes } from "./tenants/invitation-routes.ts";
import { keyRoutes } from "./tenants/key-routes.ts";
import { memberRoutes } from "./tenants/member-routes.ts";
import { profileRoutes } from "./tenants/profile-routes.ts";
import { tenantRoutes } from "./tenants/routes.ts";
import { userRoutes } from "./tenants/user-routes.ts";

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

app.onError((error, c) => problemResponse(c, error));
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
app.route("/", imageRoutes);
const bySession = [sessionRoutes, accountRoutes, claimRoutes, acceptanceRoutes];
const withoutToken = [signInRoutes, tokenRoutes, offerRoutes, ...bySession];
app.use("/v1/auth/token", formAsJson);
for (const path of pathsOf(bySession)) app.use(path, requireSession);
for (const path of pathsOf(withoutToken)) app.use(path, jsonBody);
for (const routes of [...withoutToken, mailRoutes]) app.route("/", routes);
for (const path of pathsOf(withoutToken)) app.all(path, methodNotAllowed(methodsAt));
app.use("/v1/tenants", orBySession);
app.use("/v1/*", authenticate, limitPrincipal, requireOwnTenant);
app.use(jsonBody);
app.use("/v1/quizzes/*", cacheable);
app.use("/v1/slugs/*", cacheable);

for (const routes of [
	attemptRoutes,
	creditRoutes,
	holdRoutes,
	slugRoutes,
	searchRoutes,
	publishedQuizRoutes,
	quizRoutes,
	lifeRoutes,
	versionRoutes,
	importFileRoutes,
	interchangeRoutes,
	shareRoutes,
	redemptionRoutes,
	collectionRoutes,
	reactionRoutes,
	mediaRoutes,
	tenantRoutes,
	memberRoutes,
	invitationRoutes,
	userRoutes,
	keyRoutes,
	profileRoutes,
	logRoutes,
	privacyRoutes,
	usageRoutes,
	adminRoutes,
	auditRoutes,
	serviceRoutes,
	referenceRoutes,
])
	app.route("/", routes);

registerComponents(app.openAPIRegistry);

function pathsOf(apps: readonly (typeof app)[]): Set<string> {
	return new Set(apps.flatMap(({ routes }) => routes.map(({ path }) => path)));
}

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
