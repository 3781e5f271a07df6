import { listUsers as list, type UserStatus } from "../../accounts/users.ts";
import { SCAN_ROWS_MAX } from "../../domain/limits.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { managing } from "./managing.ts";
import { type ShownMember, shownMember } from "./shown-users.ts";

export { USER_STATUSES } from "../../accounts/users.ts";

interface Input {
	tenant: string;
	status?: UserStatus | undefined;
	after: string | null;
	limit: number;
}

/** A page of a list in the order of ids, and the id after which to go on; null where there is no further page. */
export interface IdPage<T> {
	items: T[];
	next: string | null;
}

const listed =
	(members_only: boolean) =>
	async (ctx: Ctx, { tenant, status, after, limit }: Input): Promise<Outcome<IdPage<ShownMember>>> => {
		const may = await managing(ctx, tenant);
		if (!may.ok) return may;
		const bounds = { limit, scan_max: SCAN_ROWS_MAX };
		const { users, next } = await list(ctx.env.ACCOUNTS, tenant, { status, members_only }, after ?? "", bounds);
		return accepted({ items: users.map(shownMember), next });
	};

/** All users of the tenant, guests too. Gates: `users:write`, the tenant is the caller's. */
export const listUsers = listed(false);

/** Those who have a role that a member can be given. Gates: as of users. */
export const listMembers = listed(true);
