import { disabled, restored } from "../../domain/people/members.ts";
import type { Ctx } from "../context.ts";
import { changingUser } from "./changing-user.ts";

interface Input {
	tenant: string;
	user: string;
	if_match: string | null;
}

/**
 * Lets a user in no longer: what was issued to the user is refused everywhere within a minute, and nobody acts on the user's behalf. Data stay.
 * Gates: `users:write`, the tenant is the caller's, the user is one of it; only owners disable owners; one owner stays.
 */
export const disableUser = (ctx: Ctx, named: Input) =>
	changingUser(ctx, named, {
		operation: "users.disable",
		input: {},
		kind: "member.disabled",
		decide: (deciding) => disabled(deciding, ctx.now),
	});

/** Lets the user in again. Gates: the same. */
export const restoreUser = (ctx: Ctx, named: Input) =>
	changingUser(ctx, named, { operation: "users.restore", input: {}, kind: "member.restored", decide: restored });
