import { z } from "@hono/zod-openapi";
import { databasesAnswer } from "../../ops/health.ts";
import { PROBLEMS, type ProblemCode, ProblemError } from "../problem.ts";
import { newApp, route, shows } from "../route.ts";

const tags = ["service"];
const open = { security: [] };
const CODES = Object.keys(PROBLEMS).filter(isProblemCode);

/** What needs no credential: health, and what explains the problems. */
export const service = newApp();

service.openapi(
	route({
		...{ method: "get", path: "/health", tags, ...open, summary: "The Worker is alive" },
		responses: shows(z.object({ status: z.literal("ok") }), "Alive"),
	}),
	(c) => c.json({ status: "ok" as const }, 200),
);

service.openapi(
	route({
		...{ method: "get", path: "/health/ready", tags, ...open, summary: "The databases answer" },
		responses: shows(z.object({ status: z.literal("ready") }), "Ready"),
	}),
	async (c) => {
		if (!(await databasesAnswer([c.env.CATALOG, c.env.ACCOUNTS]))) {
			throw new ProblemError("unavailable", "A database does not answer.", {}, { "Retry-After": "5" });
		}
		return c.json({ status: "ready" as const }, 200);
	},
);

const problem = z
	.object({ code: z.string(), status: z.int(), title: z.string(), advice: z.string() })
	.openapi("ProblemExplained");

service.openapi(
	route({
		...{ method: "get", path: "/problems", tags, ...open, summary: "Every problem there is" },
		responses: shows(z.object({ items: z.array(problem) }), "The problems, by status"),
	}),
	(c) => c.json({ items: CODES.map(explained) }, 200),
);

service.openapi(
	route({
		...{ method: "get", path: "/problems/{code}", tags, ...open, summary: "What a problem means and what to do" },
		request: { params: z.object({ code: z.string().max(100).openapi({ enum: CODES }) }) },
		responses: shows(problem, "The problem"),
	}),
	(c) => {
		const { code } = c.req.valid("param");
		if (!isProblemCode(code)) throw new ProblemError("not-found", "There is no such problem.");
		return c.json(explained(code), 200);
	},
);

function isProblemCode(code: string): code is ProblemCode {
	return Object.hasOwn(PROBLEMS, code);
}

function explained(code: ProblemCode) {
	const [status, title, advice] = PROBLEMS[code];
	return { code, status, title, advice };
}
