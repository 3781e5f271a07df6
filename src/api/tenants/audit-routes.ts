import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { HonoEnv } from "../../env.ts";
import { exportEvents } from "../../service/tenants/export-events.ts";
import { type EventsInput, listEvents } from "../../service/tenants/list-events.ts";
import { valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { needs, newApp, route, shows } from "../http/route.ts";
import { streamOf } from "../http/stream.ts";
import { path, tenantParams } from "./params.ts";
import { event, eventKind } from "./schemas.ts";

const tag = "audit";
const NDJSON = "application/x-ndjson";
const ANYBODY_CHARS_MAX = 100;

const instant = (description: string) =>
	z
		.string()
		.regex(/^\d{1,15}$/, "must be a time in milliseconds")
		.transform(Number)
		.optional()
		.openapi({ param: { in: "query" }, type: "integer", minimum: 0, description });

const id = (description: string) => z.string().min(1).max(ANYBODY_CHARS_MAX).optional().describe(description);

const query = pageQuery.extend({
	actor: id("Only what this user, service or account did"),
	subject: id("Only what happened to what has this id"),
	kind: eventKind.optional().describe("Only events of this kind"),
	from: instant("Only what happened then or later; milliseconds since the epoch"),
	to: instant("Only what happened by then; milliseconds since the epoch"),
});

const listed = shows(pageSchema(event, "AuditEventPage"), "Newest first; as NDJSON, oldest first");
/** Of so wide a type that a handler may answer with a stream: lines of JSON are no JSON, though their type is called so. */
const responses: Record<200, { description: string; content: Record<string, { schema: z.ZodType }> }> = {
	200: {
		...listed[200],
		content: {
			...listed[200].content,
			[NDJSON]: { schema: z.string().describe("A row of the log in each line, as it was hashed") },
		},
	},
};

const AS_ROWS =
	`With \`Accept: ${NDJSON}\` the rows of the log come in their order, one a line, each with its own hash and that of the row before: ` +
	"an export that can be verified without the server. `Link` then leads to the next part, if there is one.";

const seqCursor = z.int().min(0);

export const auditRoutes = newApp();

auditRoutes.openapi(
	route({
		method: "get",
		path: `${path}/audit`,
		tag,
		operationId: "listTenantEvents",
		summary: "What happened to the tenant",
		...needs("users:write", `Every change of the tenant, its members, machines and keys. ${AS_ROWS}`),
		request: { params: tenantParams, query },
		responses,
	}),
	(c) => answerEvents(c, { ...c.req.valid("param"), ...c.req.valid("query") }),
);

auditRoutes.openapi(
	route({
		method: "get",
		path: "/v1/admin/audit",
		tag,
		operationId: "listInstallationEvents",
		summary: "What the operator did",
		...needs("admin", `What was asked for under \`/v1/admin\`, and changes of plans. ${AS_ROWS}`),
		request: { query },
		responses,
	}),
	(c) => answerEvents(c, { tenant: null, ...c.req.valid("query") }),
);

type Asked = EventsInput & { limit: number; cursor?: string | undefined };

async function answerEvents(c: Context<HonoEnv>, { limit, cursor, ...input }: Asked): Promise<Response> {
	const form = c.req.header("Accept")?.includes(NDJSON) ? "rows" : "list";
	const position = cursorIn(c, seqCursor, cursor, { form });
	c.header("Vary", "Accept, Authorization");
	if (form === "list") {
		const { items, next } = valueIn(c, await listEvents(ctxOf(c), { ...input, before: position, limit }));
		return c.json(page(c, items, next, { form }), 200);
	}
	const { lines, next } = valueIn(c, await exportEvents(ctxOf(c), { ...input, after: position }));
	// For its Link.
	page(c, [], next, { form });
	return c.body(streamOf(lines), 200, { "Content-Type": NDJSON });
}
