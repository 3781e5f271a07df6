import { z } from "@hono/zod-openapi";
import { app } from "../../src/api/app.ts";
import { type Answer, EVERY_SCOPE, newClient } from "./harness.ts";
import { document, type Operation, send, type Things } from "./operations.ts";

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

/** Headers that all answers have for browsers and proxies, and those that describe a body as any server does. */
const GENERAL =
	/^(content-(type|length|encoding|security-policy)|vary|strict-transport-security|origin-agent-cluster|cross-origin-.+|access-control-.+|referrer-policy|x-(content-type-options|frame-options|dns-prefetch-control|download-options|permitted-cross-domain-policies|xss-protection))$/;

/** Headers by which the answer says something of itself, and which the document does not have for it; in lower case. */
export function undocumentedHeaders({ method, path }: Operation, { status, headers }: Answer): string[] {
	type Response = { $ref?: string; headers?: Record<string, object> };
	const response: Response = document.paths[path][method.toLowerCase()].responses[status] ?? {};
	const name = response.$ref?.split("/").at(-1);
	const documented: Response = name === undefined ? response : document.components.responses[name];
	const known = new Set(Object.keys(documented.headers ?? {}).map((header) => header.toLowerCase()));
	return [...headers].flatMap(([header, value]) =>
		known.has(header) || GENERAL.test(header) || `${header}: ${value}` === "cache-control: no-store" ? [] : [header],
	);
}
