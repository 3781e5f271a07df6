import { z } from "@hono/zod-openapi";
import { keyedHeaders } from "../http/route.ts";
import * as schemas from "../schemas.ts";

/** What the routes of tenants share. */

export const path = "/v1/tenants/{tenant}";
export const tenantParams = z.object({ tenant: schemas.tenantId });
export const userParams = tenantParams.extend({
	user: schemas.id("user", "usr_ada"),
});

/** Of a POST that no catalog waits for. */
export const keyed = keyedHeaders.pick({ "Idempotency-Key": true });
export const conditional = z.object({
	"If-Match": z.string().optional().openapi({ description: "ETag of what you read: changed since, it is refused" }),
});
export const keyedConditional = keyed.extend(conditional.shape);

/** Where a list goes on that is in the order of ids. */
export const idCursor = z.string();
