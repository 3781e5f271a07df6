import type { MiddlewareHandler } from "hono";
import type { HonoEnv } from "../../env.ts";
import type { MethodsAt } from "./methods-at.ts";
import { ProblemError } from "./problem.ts";

/** Where a path exists but not with this method: 405 with what is allowed. Register it last. */
export function methodNotAllowed(methodsAt: MethodsAt): MiddlewareHandler<HonoEnv> {
	return async function methodNotAllowed(c, next) {
		const methods = methodsAt(c.req.path);
		if (methods.length === 0) return next();
		const allow = methods.join(", ");
		const detail = `${c.req.method} is not allowed here; allowed: ${allow}.`;
		throw new ProblemError("method-not-allowed", detail, {}, { Allow: allow });
	};
}
