import { type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { invalid } from "./problem.ts";

/** Parameters that nobody looks at are refused: a misspelt filter would be a wrong answer. */

/** The same query without any others. */
export function onlyKnown(query: NonNullable<RouteConfig["request"]>["query"]) {
	const shape = query instanceof z.ZodObject ? query.shape : {};
	const detail = unknown(Object.keys(shape));
	const error = ({ code }: { code?: string | undefined }) => (code === "unrecognized_keys" ? detail : undefined);
	return z.strictObject(shape, { error });
}

/** For what is no operation of the document and takes none. @throws ProblemError `invalid-request` */
export function refuseQuery(c: Context): void {
	const errors = Object.keys(c.req.query()).map((name) => ({
		in: "query" as const,
		pointer: `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
		detail: unknown([]),
	}));
	if (errors.length > 0) throw invalid("What is here takes no parameters.", errors);
}

function unknown(known: readonly string[]): string {
	const takes = known.length === 0 ? "none" : known.map((name) => `\`${name}\``).join(", ");
	return `This parameter is not known. This operation takes ${takes}.`;
}
