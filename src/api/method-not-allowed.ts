import type { MiddlewareHandler } from "hono";
import type { HonoEnv } from "../env.ts";
import { ProblemError } from "./problem.ts";

interface Routes {
	routes: { method: string; path: string }[];
}

/** Where a path exists but not with this method: 405 with what is allowed. Register it last. */
export function methodNotAllowed({ routes }: Routes): MiddlewareHandler<HonoEnv> {
	const known = routes
		.filter(({ method }) => method !== "ALL")
		.map(({ method, path }) => ({ method, segments: path.split("/") }));
	return async function methodNotAllowed(c, next) {
		const segments = c.req.path.split("/");
		const methods = new Set(known.filter((route) => fits(route.segments, segments)).map((route) => route.method));
		if (methods.size === 0) return next();
		if (methods.has("GET")) methods.add("HEAD");
		const allow = [...methods].sort().join(", ");
		throw new ProblemError(
			"method-not-allowed",
			`${c.req.method} is not allowed here; allowed: ${allow}.`,
			{},
			{ Allow: allow },
		);
	};
}

const fits = (pattern: string[], segments: string[]) =>
	pattern.length === segments.length &&
	pattern.every((token, index) => (token.startsWith(":") ? segments[index] !== "" : token === segments[index]));
