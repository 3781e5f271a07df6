import { listApiKeys } from "../../accounts/api-keys.ts";
import { listInvitations as invited } from "../../accounts/invitations.ts";
import { listServices as list } from "../../accounts/services.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import type { IdPage } from "./list-users.ts";
import { managing } from "./managing.ts";
import { type ShownInvitation, shownInvitation } from "./shown-invitations.ts";
import { type ShownKey, type ShownService, shownKey, shownService } from "./shown-keys.ts";

interface Input {
	tenant: string;
	after: string | null;
	limit: number;
}

const listed =
	<R extends { id: string }, S>(
		read: (db: D1Database, tenant: string, after: string, limit: number) => Promise<R[]>,
		shown: (row: R, now: number) => S,
	) =>
	async (ctx: Ctx, { tenant, after, limit }: Input): Promise<Outcome<IdPage<S>>> => {
		const may = await managing(ctx, tenant);
		if (!may.ok) return may;
		const rows = await read(ctx.env.ACCOUNTS, tenant, after ?? "", limit + 1);
		const page = rows.slice(0, limit);
		return accepted({
			items: page.map((row) => shown(row, ctx.now)),
			next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
		});
	};

/** The tenant's machines, in the order in which they were made. Gates: `users:write`, the tenant is the caller's. */
export const listServices: (ctx: Ctx, input: Input) => Promise<Outcome<IdPage<ShownService>>> = listed(
	list,
	shownService,
);

/** The tenant's keys, those that have ended too, without their secrets. Gates: the same. */
export const listKeys: (ctx: Ctx, input: Input) => Promise<Outcome<IdPage<ShownKey>>> = listed(listApiKeys, shownKey);

/** Whom the tenant has asked in, those that have ended too. Gates: the same. */
export const listInvitations: (ctx: Ctx, input: Input) => Promise<Outcome<IdPage<ShownInvitation>>> = listed(
	invited,
	shownInvitation,
);
