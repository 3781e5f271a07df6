import { changed } from "../../accounts/changes.ts";
import { hasOtherOwner, readUser, replaceUser, type User } from "../../accounts/users.ts";
import type { Json } from "../../domain/canonical.ts";
import type { TenantKind } from "../../domain/people/events.ts";
import { changedFields } from "../../domain/people/profiles.ts";
import { ROLE_SCOPES } from "../../domain/people/roles.ts";
import { isStale, stale } from "../../domain/preconditions.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, notWritten, unknown } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { type Change, commit } from "./commit.ts";
import { type Managing, managing } from "./managing.ts";
import { type ShownUser, shownUser } from "./shown-users.ts";

/** What a change of a user goes by. */
export interface Deciding extends Managing {
	before: User;
	has_other_owner: boolean;
}

interface Input {
	tenant: string;
	user: string;
	if_match: string | null;
}

type UserKind = Extract<TenantKind, `member.${string}`>;

interface Manner {
	operation: string;
	input: Json;
	kind: UserKind;
	decide(deciding: Deciding): Outcome<User>;
	/** Who may, where that is not whoever manages the tenant. */
	gate?: (ctx: Ctx, tenant: string) => Promise<Outcome<Managing>>;
}

/** A user of the tenant; of another tenant, or erased, it is not found. */
export async function userIn(db: D1Database, tenant: string, id: string): Promise<Outcome<User>> {
	const user = await readUser(db, id);
	return user && user.tenant_id === tenant && user.status !== "erased" ? accepted(user) : unknown("user");
}

/** Changes a user of the tenant. Gates: those of {@link managing}; the user is one of the tenant's; it is as the caller has read it. */
export async function changingUser(
	ctx: Ctx,
	{ tenant, user, if_match }: Input,
	manner: Manner,
): Promise<Changed<ShownUser>> {
	const { gate = managing } = manner;
	const { env, now } = ctx;
	const db = env.ACCOUNTS;
	const may = await gate(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const again = async (): Promise<Outcome<ShownUser>> => {
		const found = await userIn(db, tenant, user);
		return found.ok ? accepted(shownUser(found.value)) : found;
	};
	const asked = { operation: manner.operation, input: { tenant, user, body: manner.input }, again };
	return commit(askerOf(ctx), asked, async () => {
		const found = await userIn(db, tenant, user);
		if (!found.ok) return found;
		const before = found.value;
		const shown = shownUser(before);
		if (isStale(shown, if_match)) return stale(shown, "user");
		const has_other_owner = before.role !== "owner" || (await hasOtherOwner(db, tenant, user));
		const after = manner.decide({ ...may.value, before, has_other_owner });
		return after.ok ? accepted(changeOfUser(db, may.value, manner.kind, before, after.value, now)) : after;
	});
}

/** The row, what the log says of it, and what isolates must hear of. */
export function changeOfUser(
	db: D1Database,
	{ tenant, settings }: Managing,
	kind: UserKind,
	before: User,
	after: User,
	now: number,
): Change<ShownUser> {
	const { id, role, status } = before;
	const fields = changedFields(before, after);
	const part = (of: User) => ({
		...(role !== after.role && { role: of.role }),
		...(status !== after.status && { status: of.status }),
	});
	const hasMoved = role !== after.role || status !== after.status;
	if (!hasMoved && fields.length === 0) return { made: id, writes: [], tells: [], value: shownUser(before) };
	const says = { ...(fields.length > 0 && { private: fields }), before: part(before), after: part(after) };
	return {
		made: id,
		writes: [replaceUser(db, before, after), ...(hasMoved ? [changed(db, id, losesPower(before, after), now)] : [])],
		tells: [{ tenant: tenant.id, kept: settings, kind, subject: id, says }],
		value: shownUser({ ...after, revision: before.revision + 1 }),
	};
}

/** Credentials that were issued before would let the user do more than the user may from now on. */
function losesPower(before: User, after: User): boolean {
	if (after.status !== "active") return true;
	return ROLE_SCOPES[before.role].some((scope) => !ROLE_SCOPES[after.role].includes(scope));
}
