import { withRole } from "../../domain/people/members.ts";
import type { MemberRole } from "../../domain/people/roles.ts";
import type { Ctx } from "../context.ts";
import { changingUser } from "./changing-user.ts";

interface Input {
	tenant: string;
	user: string;
	role: MemberRole;
	if_match: string | null;
}

/**
 * Gives a member another role. Gates: `users:write`, the tenant is the caller's, the user is one of it and as the caller has read it; only owners
 * make and unmake owners; one owner stays.
 */
export const changeMember = (ctx: Ctx, { role, ...named }: Input) =>
	changingUser(ctx, named, {
		operation: "members.change",
		input: { role },
		kind: "member.changed",
		decide: (deciding) => withRole(deciding, role),
	});
