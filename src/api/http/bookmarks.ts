import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { HonoEnv } from "../../env.ts";
import { invalid } from "./problem.ts";
import { ifNoneMatch } from "./route.ts";

/** As D1 gives them: four hexadecimal numbers. */
const BOOKMARK = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/;

export const isBookmark = (text: string | undefined): text is string => text !== undefined && BOOKMARK.test(text);

export const bookmarkHeaders = z.object({
	"x-d1-bookmark": z
		.string()
		.optional()
		.openapi({ description: "Of an earlier answer: read nothing older than it did" }),
});

/** What reads of the catalog take whose answers may be kept for a moment. */
export const keptHeaders = bookmarkHeaders.extend(ifNoneMatch.shape);

/** What the client has seen of the catalog. @throws ProblemError `invalid-request` */
export function bookmarkOf(c: Context<HonoEnv>): string | null {
	const bookmark = c.req.header("x-d1-bookmark");
	if (bookmark === undefined || isBookmark(bookmark)) return bookmark ?? null;
	const detail = "Not a bookmark that this server gave.";
	throw invalid("The bookmark is not known.", [{ in: "header", pointer: "/x-d1-bookmark", detail }]);
}
