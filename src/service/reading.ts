import type { Ctx } from "./context.ts";

/** Reads the catalog no older than the caller has seen it, and tells the caller the bookmark of what was read. */
export async function reading<T>(ctx: Ctx, read: (db: D1DatabaseSession) => Promise<T>): Promise<T> {
	const db = ctx.env.CATALOG.withSession(ctx.seen() ?? "first-unconstrained");
	const result = await read(db);
	const reached = db.getBookmark();
	if (reached) ctx.reached(reached);
	return result;
}
