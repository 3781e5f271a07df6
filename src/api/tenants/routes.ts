import type { Authorized } from "../../service/sign-in/signed-in.ts";
import { changeTenant } from "../../service/tenants/change-tenant.ts";
import { createTenant, createTenantOf } from "../../service/tenants/create-tenant.ts";
import { readTenant } from "../../service/tenants/read-tenant.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { ifMatch } from "../http/preconditions.ts";
import { makes, needs, newApp, requestBody, route, shows } from "../http/route.ts";
import { conditional, keyed, path, tenantParams } from "./params.ts";
import { personOf } from "./person.ts";
import { madeTenant, tenant, tenantBody, tenantChange } from "./schemas.ts";

const tag = "tenants";

const nameOf = ({ account, row }: Authorized) => ({ id: account, name: row.name || null });

export const tenantRoutes = newApp();

tenantRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/tenants",
			tag,
			security: [{ token: [] }, { session: [] }],
			operationId: "createTenant",
			summary: "Make a tenant",
			...needs(
				"users:write",
				"For a person who is signed up: by a session, or by a token of any of the person's users. The person becomes the owner, as a new " +
					"user of the tenant. Where its data are is fixed with that.",
			),
			request: { headers: keyed, body: requestBody(tenantBody) },
			responses: makes(madeTenant, "The tenant", "ETag"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const person = c.get("signed_in");
		const changed =
			person === undefined
				? await createTenant(ctxOf(c), c.req.valid("json"))
				: await createTenantOf(personOf(c, person.account), nameOf(person), c.req.valid("json"));
		const { value } = await answer(c, changed, 201);
		c.header("ETag", value.etag);
		return c.json(value, 201);
	},
);

tenantRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "getTenant",
		summary: "A tenant",
		description: "For everybody of it. Another tenant's is not found.",
		request: { params: tenantParams },
		responses: shows(tenant, "The tenant; its ETag is for If-Match", "ETag"),
	}),
	async (c) => {
		const value = valueIn(c, await readTenant(ctxOf(c), c.req.valid("param")));
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);

tenantRoutes.openapi(
	route(
		{
			method: "patch",
			path,
			tag,
			operationId: "changeTenant",
			summary: "Change a tenant",
			...needs("users:write", "Its name and settings. Its `plan` is the operator's to change, who needs `admin`."),
			request: { params: tenantParams, headers: conditional, body: requestBody(tenantChange) },
			responses: shows(tenant, "The tenant", "ETag"),
		},
		...(["conflict", "precondition-failed"] as const),
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param"), if_match: ifMatch(c) };
		const { value } = await answer(c, await changeTenant(ctxOf(c), input), 200);
		c.header("ETag", value.etag);
		return c.json(value, 200);
	},
);
