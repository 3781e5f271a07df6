import { createMiddleware } from "hono/factory";
import { REQUEST_BODY_BYTES_MAX } from "../../domain/limits.ts";
import type { HonoEnv } from "../../env.ts";
import { readLimited } from "./json-body.ts";
import { invalid } from "./problem.ts";

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** What a client of OAuth 2.0 sends as a form becomes the same as JSON; a field that comes twice is refused (RFC 6749, section 3.2). */
export const formAsJson = createMiddleware<HonoEnv>(async function formAsJson(c, next) {
	if (c.req.method === "POST" && FORM.test(c.req.header("Content-Type") ?? "")) {
		const announced = Number(c.req.header("Content-Length") ?? 0);
		const bytes = await readLimited(c.req.raw.body, announced, REQUEST_BODY_BYTES_MAX);
		const fields = [...new URLSearchParams(Buffer.from(bytes).toString("utf8"))];
		const names = fields.map(([name]) => name);
		const twice = names.find((name, place) => names.indexOf(name) !== place);
		if (twice !== undefined) throw invalid("The form is not valid.", [{ pointer: `/${twice}`, detail: "Sent twice." }]);
		const headers = new Headers(c.req.raw.headers);
		headers.set("Content-Type", "application/json");
		headers.delete("Content-Length");
		c.req.raw = new Request(c.req.url, { method: "POST", headers, body: JSON.stringify(Object.fromEntries(fields)) });
	}
	await next();
});
