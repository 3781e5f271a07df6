import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { CURSOR_CHARS_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from "../domain/limits.ts";
import { type HonoEnv, publicOriginOf } from "../env.ts";
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
		}),
	cursor: z.string().max(CURSOR_CHARS_MAX).optional(),
});

export const pageOf = <T extends z.ZodType>(item: T) =>
	z.object({ items: z.array(item), next_cursor: z.string().nullable() });

/**
 * Reads a cursor of this list.
 * @param schema what the list's cursors hold
 * @throws ProblemError `invalid-request` for anything that no page of the list gave
 */
export function cursorIn<T>(schema: z.ZodType<T>, cursor: string | undefined): T | null {
	if (cursor === undefined) return null;
	try {
		const text = Buffer.from(cursor, "base64url").toString();
		if (Buffer.from(text).toString("base64url") !== cursor) throw new Error("not canonical");
		return schema.parse(JSON.parse(text));
	} catch {
		throw unknownCursor();
	}
}

/** For a cursor that no page of the list can have given. */
export function unknownCursor() {
	const detail = "Not a cursor of this list. Use `next_cursor` of a page, or leave it out for the first page.";
	return invalid("The cursor is not known.", [{ in: "query", pointer: "/cursor", detail }]);
}

/** A page, with its `Link` to the next one where there is one. */
export function page<T>(c: Context<HonoEnv>, items: T[], next: unknown) {
	const next_cursor = next === null ? null : Buffer.from(JSON.stringify(next)).toString("base64url");
	if (next_cursor !== null) {
		const url = new URL(c.req.url);
		url.searchParams.set("cursor", next_cursor);
		c.header("Link", `<${publicOriginOf(c.env)}${url.pathname}${url.search}>; rel="next"`);
	}
	return { items, next_cursor };
}
