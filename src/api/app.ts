import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { jsonBody } from "./json-body.ts";
import { methodNotAllowed } from "./method-not-allowed.ts";
import { authenticate } from "./principal.ts";
import { ProblemError, problemResponse } from "./problem.ts";
import { newApp } from "./route.ts";
import { analytics } from "./routes/analytics.ts";
import { attempts } from "./routes/attempts.ts";
import { catalog } from "./routes/catalog.ts";
import { credits } from "./routes/credits.ts";
import { holds } from "./routes/holds.ts";
import { log } from "./routes/log.ts";
import { quizzes } from "./routes/quizzes.ts";
import { service } from "./routes/service.ts";

export const app = newApp();

app.onError((error, c) => problemResponse(c, error));
app.notFound((c) => problemResponse(c, new ProblemError("not-found", "There is nothing at this address.")));

app.use(requestId({ headerName: "X-Request-Id" }));
app.use(async function setup(c, next) {
	c.set("now", Date.now());
	c.set("request_id", c.get("requestId"));
	await next();
	if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
});
app.use(secureHeaders());
app.use("/v1/*", authenticate);
app.use(jsonBody);

for (const routes of [service, attempts, credits, holds, quizzes, log, catalog, analytics]) app.route("/", routes);

app.openAPIRegistry.registerComponent("securitySchemes", "token", {
	...{ type: "http", scheme: "bearer", bearerFormat: "JWT" },
	description: "A signed token. Locally: `npm run -s token -- --user usr_ada`.",
});

/** What /openapi.json says; also written to docs/openapi.json, which CI compares. */
export const OPENAPI = {
	openapi: "3.1.0",
	info: {
		title: "Marksheet",
		version: "1",
		license: { name: "MIT", identifier: "MIT" },
		description:
			"A quiz backend: attempts that are never lost, AI credits that never go wrong, a catalog that anyone can query.",
	},
};
app.doc31("/openapi.json", OPENAPI);
app.all("*", methodNotAllowed(app));
