import { z } from "@hono/zod-openapi";
import { READY_LIFE_MS } from "../../domain/limits.ts";
import { settingsOf } from "../../env.ts";
import { recentReadiness } from "../../ops/ready.ts";
import { isProblemCode, PROBLEM_CODES, PROBLEMS, type ProblemCode, ProblemError } from "../http/problem.ts";
import { newApp, route, shows } from "../http/route.ts";

const tag = "service";
const open = { security: [] };

/** What needs no credential: health, and what explains the problems. */
export const serviceRoutes = newApp();

const health = z
	.object({ status: z.literal("ok").describe("It answers") })
	.openapi("Health", { description: "The Worker is alive" });

serviceRoutes.openapi(
	route({
		method: "get",
		path: "/health",
		tag,
		...open,
		operationId: "getHealth",
		summary: "The Worker is alive",
		description: "Says nothing of what is behind it: `GET /health/ready` does.",
		responses: shows(health, "Alive"),
	}),
	(c) => c.json({ status: "ok" as const }, 200),
);

const checks = z
	.object({
		oldest_unapplied_ms: z
			.int()
			.min(0)
			.describe("Milliseconds that the oldest log row that is known to wait for the catalog has waited; 0 for none"),
		shards_behind: z.int().min(0).describe("Shards of which the catalog lacks rows"),
		queue_age_ms: z
			.int()
			.min(0)
			.nullable()
			.describe("Milliseconds that the oldest message has waited; null where the platform does not tell"),
		alarms: z.array(z.string()).describe("What is wrong, not all of which makes the service unready"),
	})
	.openapi("ReadinessChecks", { description: "What readiness goes by" });

const readiness = z
	.object({ status: z.literal("ready").describe("It can do what it promises"), checks })
	.openapi("Readiness", { description: "The databases answer and the catalog keeps up" });

serviceRoutes.openapi(
	route({
		method: "get",
		path: "/health/ready",
		tag,
		...open,
		operationId: "getReadiness",
		summary: "The databases answer and the catalog keeps up",
		description: `Looked at every ${READY_LIFE_MS / 1_000} seconds, however often it is asked. A 503 of it has \`checks\` too.`,
		responses: shows(readiness, "Ready"),
	}),
	async (c) => {
		const { ready, reason = "", checks } = await recentReadiness(c.env, settingsOf(c.env), c.get("now"));
		if (ready && checks) return c.json({ status: "ready" as const, checks }, 200);
		throw new ProblemError("unavailable", reason, { ...(checks && { checks }) }, { "Retry-After": "5" });
	},
);

const problem = z
	.object({
		code: z.string().describe("What a client goes by"),
		status: z.int().min(400).max(599).describe("The status of answers with it"),
		title: z.string().describe("What kind of problem it is, for people"),
		advice: z.string().describe("What a client can do about it"),
	})
	.openapi("ProblemExplained", { description: "What a problem means" });

const problems = z
	.object({ items: z.array(problem).describe("All of them, by status") })
	.openapi("ProblemsExplained", { description: "Every problem there is" });

serviceRoutes.openapi(
	route({
		method: "get",
		path: "/problems",
		tag,
		...open,
		operationId: "listProblems",
		summary: "Every problem there is",
		description: "With its code, its status and what a client can do about it.",
		responses: shows(problems, "The problems, by status"),
	}),
	(c) => c.json({ items: PROBLEM_CODES.map(explained) }, 200),
);

serviceRoutes.openapi(
	route({
		method: "get",
		path: "/problems/{code}",
		tag,
		...open,
		operationId: "explainProblem",
		summary: "What a problem means and what to do",
		description: "The address of this page is the `type` of the problem.",
		request: {
			params: z.object({
				code: z.string().max(100).openapi({ enum: PROBLEM_CODES, description: "The `code` of a problem" }),
			}),
		},
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
