import { z } from "@hono/zod-openapi";
import { app } from "../../src/api/app.ts";
import { type Answer, EVERY_SCOPE, newClient } from "./harness.ts";
import { type Operation, send, type Things } from "./operations.ts";

/** What operations answer where all goes well. */

/** Sends the operation so that it succeeds, as A or whom it is for. */
export async function success(operation: Operation, a: Things, body?: unknown): Promise<Answer> {
	await operation.before?.(a);
	const sender = operation.others ? await newClient({ tenant: a.client.tenant, scope: EVERY_SCOPE }) : a.client;
	const path = operation.path.replace("/problems/{code}", "/problems/hold-expired");
	return send(sender, { ...operation, path }, a, "me", body);
}

/** The schema that the document has for the JSON of an answer; undefined for other answers. */
export function schemaOf(operationId: string, status: number): z.ZodType | undefined {
	for (const definition of app.openAPIRegistry.definitions) {
		if (definition.type !== "route" || definition.route.operationId !== operationId) continue;
		const response = definition.route.responses[status];
		const content = response && "content" in response ? response.content?.["application/json"] : undefined;
		const schema = content && "schema" in content ? content.schema : undefined;
		return schema instanceof z.ZodType ? schema : undefined;
	}
	throw new Error(`there is no operation ${operationId}`);
}
