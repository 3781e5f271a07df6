import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { openCursor, sealCursor } from "../../domain/cursors.ts";
import { CURSOR_CHARS_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from "../../domain/limits.ts";
import { cursorKeysOf, type HonoEnv, publicOriginOf } from "../../env.ts";
import { invalid } from "./problem.ts";

/** `?limit=&cursor=`, as every list takes them. */
export const pageQuery = z.object({
	limit: z
		.string()
		.regex(/^\d{1,4}$/, "must be a whole number")
		.transform(Number)
		.pipe(z.int().min(1).max(PAGE_SIZE_MAX))
		.default(PAGE_SIZE_DEFAULT)
		.openapi({
			param: { in: "query" },
			type: "integer",
			minimum: 1,
			maximum: PAGE_SIZE_MAX,
			default: PAGE_SIZE_DEFAULT,
			description: "How many at most",
		}),
	cursor: z
		.string()
		.max(CURSOR_CHARS_MAX)
		.optional()
		.describe("`next_cursor` of the page before; absent: the first page"),
});

/** @param name of the page's schema in the document */
export const pageSchema = <T extends z.ZodType>(item: T, name: string) =>
	z
		.object({
			items: z.array(item).describe("What is on the page, in the order of the list"),
			next_cursor: z
				.string()
				.nullable()
				.describe("Send it as `cursor` to get the next page, with the same filters; null on the last one"),
		})
		.openapi(name, { description: "A page of a list" });

/** Parameters that choose a page, or what is shown beside it, and not the list. */
const NO_FILTERS = new Set(["cursor", "limit", "facets"]);

/**
 * Which list a request reads, with its filters, and who reads it. A cursor is good for just this.
 * @param filters those that are not in the address
 */
function listOf(c: Context<HonoEnv>, filters: object): string {
	const { tenant, subject, actor } = c.get("principal");
	const path = c.req.path.replace(/^\/v1\/users\/me(?=\/)/, `/v1/users/${subject}`);
	const query = [...new URL(c.req.url).searchParams].filter(([name]) => !NO_FILTERS.has(name));
	return JSON.stringify({ tenant, subject, actor, path, query: query.sort(), filters });
}

/**
 * Reads a cursor of this list.
 * @param schema what the list's cursors hold
 * @param filters those that are not in the address
 * @throws ProblemError `invalid-request` for anything that no page of just this list gave to this caller
 */
export function cursorIn<T>(
	c: Context<HonoEnv>,
	schema: z.ZodType<T>,
	cursor: string | undefined,
	filters: object = {},
): T | null {
	if (cursor === undefined) return null;
	const opened = openCursor(cursorKeysOf(c.env), listOf(c, filters), cursor);
	const parsed = schema.safeParse(opened?.position);
	if (!opened || !parsed.success) throw unknownCursor();
	return parsed.data;
}

/** For a cursor that no page of the list can have given. */
export function unknownCursor() {
	const detail = "Not a cursor of this list. Use `next_cursor` of a page, or leave it out for the first page.";
	return invalid("The cursor is not known.", [{ in: "query", pointer: "/cursor", detail }]);
}

/** A page, with a `Link` to the next one where there is one; a POST takes the cursor in its body, so that no address leads there. */
export function page<T>(c: Context<HonoEnv>, items: T[], next: unknown, filters: object = {}) {
	const next_cursor = next === null ? null : sealCursor(cursorKeysOf(c.env), listOf(c, filters), next);
	if (next_cursor !== null && c.req.method !== "POST") {
		const url = new URL(c.req.url);
		url.searchParams.set("cursor", next_cursor);
		c.header("Link", `<${publicOriginOf(c.env)}${url.pathname}${url.search}>; rel="next"`);
	}
	return { items, next_cursor };
}
