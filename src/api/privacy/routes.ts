import { z } from "@hono/zod-openapi";
import { exportUser } from "../../service/privacy/export-user.ts";
import { readErasureState, requestErasure } from "../../service/privacy/request-erasure.ts";
import { valueIn } from "../http/answer.ts";
import { headersNamed } from "../http/answer-headers.ts";
import { ctxOf } from "../http/context.ts";
import { needs, newApp, route, shows } from "../http/route.ts";
import { streamOf } from "../http/stream.ts";
import { userParam } from "../schemas.ts";
import { tenantParams } from "../tenants/params.ts";
import * as schemas from "./schemas.ts";

const tag = "privacy";
const ZIP = "application/zip";

export const privacyRoutes = newApp();

privacyRoutes.openapi(
	route({
		method: "get",
		path: "/v1/users/{user}/export",
		tag,
		operationId: "exportUser",
		summary: "Everything about a user",
		...needs(
			"attempts:read",
			"Needs `credits:read` too. A ZIP archive that is made while it is sent: the account, all that the user's shard and the catalog have, each change of the " +
				"log, the images, and at last `manifest.json`, which names each file with its SHA-256 and what is not in it. Prompts, conversations and answers are as they " +
				"were written. An archive without a manifest was cut off. `npm run verify:export` verifies one without a server.",
		),
		request: { params: z.object({ user: userParam }) },
		responses: {
			200: {
				description: "The archive",
				content: { [ZIP]: { schema: z.string().openapi({ format: "binary" }).describe("Bytes of a ZIP archive") } },
				headers: headersNamed(["Content-Disposition"]),
			},
		},
	}),
	async (c) => {
		const { name, archive } = valueIn(c, await exportUser(ctxOf(c), c.req.valid("param")));
		return c.body(streamOf(archive), 200, {
			"Content-Type": ZIP,
			"Content-Disposition": `attachment; filename="${name}"`,
		});
	},
);

privacyRoutes.openapi(
	route(
		{
			method: "delete",
			path: "/v1/users/{user}",
			tag,
			operationId: "eraseUser",
			summary: "Erase a user for ever",
			description:
				"Everything that the user has goes: attempts, credits, quizzes, images, shares, key and account; publications are withdrawn, and what " +
				"the attempts added to statistics is taken out again. Attempts of others at the user's quizzes stay theirs, without the title. It cannot " +
				"be taken back, and goes on after this answer; asked again, it is the same erasure. Oneself one erases with a token of a sign-in that is not " +
				"older than 10 minutes; others of the tenant with `users:write`.",
			request: { params: z.object({ user: userParam }) },
			responses: {
				202: { description: "The erasure, as it stands", content: { "application/json": { schema: schemas.erasure } } },
			},
		},
		"conflict",
	),
	async (c) => c.json(valueIn(c, (await requestErasure(ctxOf(c), c.req.valid("param"))).outcome), 202),
);

privacyRoutes.openapi(
	route({
		method: "get",
		path: "/v1/tenants/{tenant}/erasures/{erasure}",
		tag,
		operationId: "getErasure",
		summary: "How an erasure stands",
		...needs("users:write"),
		request: { params: tenantParams.extend({ erasure: schemas.erasureId }) },
		responses: shows(schemas.erasure, "The erasure"),
	}),
	async (c) => c.json(valueIn(c, await readErasureState(ctxOf(c), c.req.valid("param"))), 200),
);
