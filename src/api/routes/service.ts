import { z } from "@hono/zod-openapi";
import { READY_LIFE_MS } from "../../domain/limits.ts";
import { settingsOf } from "../../env.ts";
import { recentReadiness } from "../../ops/ready.ts";
import { isProblemCode, PROBLEM_CODES, PROBLEMS, type ProblemCode, ProblemError } from "../problem.ts";
import { newApp, route, shows } from "../route.ts";

const tag = "service";
const open = { security: [] };

/** What needs no credential: health, and what explains the problems. */
export const service = newApp();

service.openapi(
	route({
		method: "get",
		path: "/health",
		tag,
		...open,
		operationId: "getHealth",
		summary: "The Worker is alive",
		description: "Says nothing of what is behind it: `GET /health/ready` does.",
		responses: shows(z.object({ status: z.literal("ok") }), "Alive"),
	}),
	(c) => c.json({ status: "ok" as const }, 200),
);

const checks = z.object({
	oldest_unapplied_ms: z
		.int()
		.openapi({ description: "Age of the oldest log row that is known to wait for the catalog" }),
	shards_behind: z.int(),
	queue_age_ms: z
		.int()
		.nullable()
		.openapi({ description: "Age of the oldest message; null where the platform does not tell" }),
	alarms: z.array(z.string()),
});

service.openapi(
	route({
		method: "get",
		path: "/health/ready",
		tag,
		...open,
		operationId: "getReadiness",
		summary: "The databases answer and the catalog keeps up",
		description: `Looked at every ${READY_LIFE_MS / 1_000} seconds, however often it is asked. A 503 of it has \`checks\` too.`,
		responses: shows(z.object({ status: z.literal("ready"), checks }), "Ready"),
	}),
	async (c) => {
		const { ready, reason = "", checks } = await recentReadiness(c.env, settingsOf(c.env), c.get("now"));
		if (ready && checks) return c.json({ status: "ready" as const, checks }, 200);
		throw new ProblemError("unavailable", reason, { ...(checks && { checks }) }, { "Retry-After": "5" });
	},
);

const problem = z
	.object({ code: z.string(), status: z.int(), title: z.string(), advice: z.string() })
	.openapi("ProblemExplained");

service.openapi(
	route({
		method: "get",
		path: "/problems",
		tag,
		...open,
		operationId: "listProblems",
		summary: "Every problem there is",
		description: "With its code, its status and what a client can do about it.",
		responses: shows(z.object({ items: z.array(problem) }), "The problems, by status"),
	}),
	(c) => c.json({ items: PROBLEM_CODES.map(explained) }, 200),
);

service.openapi(
	route({
		method: "get",
		path: "/problems/{code}",
		tag,
		...open,
		operationId: "explainProblem",
		summary: "What a problem means and what to do",
		description: "The address of this page is the `type` of the problem.",
		request: { params: z.object({ code: z.string().max(100).openapi({ enum: PROBLEM_CODES }) }) },
		responses: shows(problem, "The problem"),
	}),
	(c) => {
		const { code } = c.req.valid("param");
		if (!isProblemCode(code)) throw new ProblemError("not-found", "There is no such problem.");
		return c.json(explained(code), 200);
	},
);

function explained(code: ProblemCode) {
	const [status, title, advice] = PROBLEMS[code];
	return { code, status, title, advice };
}
