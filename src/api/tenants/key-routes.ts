import { createKey } from "../../service/tenants/create-key.ts";
import { createService } from "../../service/tenants/create-service.ts";
import { disableService, restoreService } from "../../service/tenants/disable-service.ts";
import { listKeys, listServices } from "../../service/tenants/list-of-tenant.ts";
import { revokeKey } from "../../service/tenants/revoke-key.ts";
import { rotateKey } from "../../service/tenants/rotate-key.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { makes, needs, newApp, optionalBody, requestBody, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { idCursor, keyed, path, tenantParams } from "./params.ts";
import { key, keyBody, newKey, rotationBody, service, serviceBody } from "./schemas.ts";

const tag = "keys";
const serviceParams = tenantParams.extend({ service: schemas.serviceId });
const keyParams = tenantParams.extend({ key: schemas.keyId });
const codes = ["conflict", "idempotency-key-reused"] as const;

export const keyRoutes = newApp();

keyRoutes.openapi(
	route({
		method: "get",
		path: `${path}/services`,
		tag,
		operationId: "listServices",
		summary: "The tenant's machines",
		...needs("users:write", "In the order in which they were made."),
		request: { params: tenantParams, query: pageQuery },
		responses: shows(pageSchema(service, "ServicePage"), "A page of services"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const input = { ...c.req.valid("param"), after: cursorIn(c, idCursor, cursor), limit };
		const { items, next } = valueIn(c, await listServices(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

keyRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/services`,
			tag,
			operationId: "createService",
			summary: "Make a machine",
			...needs("users:write", "It calls with keys, which are made next."),
			request: { params: tenantParams, headers: keyed, body: requestBody(serviceBody) },
			responses: makes(service, "The service"),
		},
		...codes,
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value } = await answer(c, await createService(ctxOf(c), input), 201);
		return c.json(value, 201);
	},
);

keyRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/services/{service}/disabling`,
			tag,
			operationId: "disableService",
			summary: "Let a machine in no longer",
			...needs("users:write", "Its keys, and tokens that were given for them, are refused everywhere within a minute."),
			request: { params: serviceParams, headers: keyed },
			responses: shows(service, "The service, disabled"),
		},
		...codes,
	),
	async (c) => {
		const { value } = await answer(c, await disableService(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, 200);
	},
);

keyRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/services/{service}/restoring`,
			tag,
			operationId: "restoreService",
			summary: "Let a machine in again",
			...needs("users:write", "With the keys that it has."),
			request: { params: serviceParams, headers: keyed },
			responses: shows(service, "The service"),
		},
		...codes,
	),
	async (c) => {
		const { value } = await answer(c, await restoreService(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, 200);
	},
);

keyRoutes.openapi(
	route({
		method: "get",
		path: `${path}/api-keys`,
		tag,
		operationId: "listApiKeys",
		summary: "The tenant's API keys",
		...needs("users:write", "Those that have ended too, in the order in which they were made, without their secrets."),
		request: { params: tenantParams, query: pageQuery },
		responses: shows(pageSchema(key, "ApiKeyPage"), "A page of keys"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const input = { ...c.req.valid("param"), after: cursorIn(c, idCursor, cursor), limit };
		const { items, next } = valueIn(c, await listKeys(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

keyRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/api-keys`,
			tag,
			operationId: "createApiKey",
			summary: "Make an API key",
			...needs(
				"users:write",
				"The secret is in this answer and nowhere else. A key of the tenant that a person has alone cannot have `credits:grant` or " +
					"`on-behalf-of`, and a machine gives no scope that it does not have.",
			),
			request: { params: tenantParams, headers: keyed, body: requestBody(keyBody) },
			responses: makes(newKey, "The key, with its secret"),
		},
		...codes,
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value } = await answer(c, await createKey(ctxOf(c), input), 201);
		return c.json(value, 201);
	},
);

keyRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/api-keys/{key}/rotation`,
			tag,
			operationId: "rotateApiKey",
			summary: "Have another key take the place of one",
			...needs(
				"users:write",
				"The new one has the same terms, and lives as long as the old one was to. Both are good for a while, a day unless it is said.",
			),
			request: { params: keyParams, headers: keyed, body: optionalBody(rotationBody) },
			responses: makes(newKey, "The new key, with its secret"),
		},
		...codes,
	),
	async (c) => {
		const { overlap_s } = rotationBody.parse(c.req.valid("json") ?? {});
		const input = { ...c.req.valid("param"), overlap_ms: overlap_s * 1_000 };
		const { value } = await answer(c, await rotateKey(ctxOf(c), input), 201);
		return c.json(value, 201);
	},
);

keyRoutes.openapi(
	route(
		{
			method: "delete",
			path: `${path}/api-keys/{key}`,
			tag,
			operationId: "revokeApiKey",
			summary: "Revoke an API key",
			...needs(
				"users:write",
				"It, and tokens that were given for it, are refused everywhere within a minute. Again, it changes nothing.",
			),
			request: { params: keyParams },
			responses: shows(key, "The key, revoked"),
		},
		"conflict",
	),
	async (c) => {
		const { value } = await answer(c, await revokeKey(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, 200);
	},
);
