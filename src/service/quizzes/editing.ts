import { hasEditGrant } from "../../catalog/sharing/shares.ts";
import type { Visit } from "../../shard/sharing/calls.ts";
import type { Ctx } from "../context.ts";

/** A draft: whose it is, and which. */
export interface DraftName {
	user: string;
	quiz: string;
}

/** How the caller visits another user's shard whose draft a share lets the caller edit; null where it is an own draft, or there is no such share. */
export async function editingVisit(ctx: Ctx, { user, quiz }: DraftName): Promise<Visit | null> {
	const { env, principal, now, request_id } = ctx;
	const { subject: visitor, tenant } = principal;
	const isOther = user !== "me" && user !== visitor;
	const isGiven = isOther && (await hasEditGrant(env.CATALOG, quiz, visitor, user));
	return isGiven ? { visitor, tenant, now, request_id } : null;
}
