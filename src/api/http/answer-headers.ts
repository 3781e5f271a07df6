import type { OpenAPIHono } from "@hono/zod-openapi";

/**
 * What answers say in headers of their own, as the document has it. Those that every answer of the service has for browsers, and those
 * that describe the body, are not among them.
 */
const HEADERS = {
	"Cache-Control": header("How long who has it may keep it; `no-store` of everything that has no such header here"),
	"Content-Disposition": header(
		"The name for a file of it",
		'attachment; filename="quz_00000002kq3v9w5xq8h2zt4n.gift"',
	),
	ETag: header("Of what is shown, for `If-Match` or `If-None-Match`", '"3-1"'),
	"Idempotent-Replayed": header("`true` where this is the answer to an earlier request with the same key", "true"),
	Link: header('Address of the next page, as `<…>; rel="next"`; absent on the last one'),
	Location: header("Where to go"),
	"Preference-Applied": header("The wait that was preferred, as it was understood", "wait=10"),
	RateLimit: header("The limit that was reached", '"standard";r=0'),
	"RateLimit-Policy": header("The limits that the request was counted in; absent for none", '"standard";q=600;w=60'),
	"Retry-After": header("Seconds until it is worth another try", 5),
	"Sync-Seq": header("The row of the user's log that holds this change; not for who visits it by a share", "17"),
	"WWW-Authenticate": header("How to send a credential (RFC 9110)", 'Bearer realm="marksheet"'),
	"X-Request-Id": header("What the service's log has the request under; the client's own, where it sent one"),
	"x-d1-bookmark": header("Of what was read from the catalog: send it to read nothing older"),
};

export type AnswerHeader = keyof typeof HEADERS;

function header(description: string, example?: string | number) {
	const type = typeof example === "number" ? "integer" : "string";
	return { description, schema: { type, ...(example !== undefined && { example }) } } as const;
}

/** References to the headers, by their names. */
export const headersNamed = (names: Iterable<AnswerHeader>) =>
	Object.fromEntries([...new Set(names)].sort().map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Adds what answers refer to. */
export function registerHeaders(registry: OpenAPIHono["openAPIRegistry"]): void {
	for (const [name, described] of Object.entries(HEADERS)) registry.registerComponent("headers", name, described);
}
