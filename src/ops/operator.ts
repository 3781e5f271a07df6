import { type Outcome, refused } from "../domain/result.ts";
import type { Ctx } from "../service/context.ts";
import { scopeRefusal } from "../service/principal.ts";

/** A verb for the operator of the installation, who sees all tenants. Gate: `admin`. */
export function operate<I, T>(run: (ctx: Ctx, input: I) => Promise<Outcome<T>>) {
	return async function operate(ctx: Ctx, input: I): Promise<Outcome<T>> {
		const forbidden = scopeRefusal(ctx.principal, "admin");
		return forbidden ? refused(forbidden) : run(ctx, input);
	};
}
