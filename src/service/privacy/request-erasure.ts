import { beginErasure, type ErasureRow, erasureOf, readErasure } from "../../accounts/erasures.ts";
import { readTenant } from "../../accounts/tenants.ts";
import { hasOtherOwner, readUser } from "../../accounts/users.ts";
import { tenantOf } from "../../catalog/replication/shards.ts";
import { ID_PATTERNS, mintPeopleId } from "../../domain/ids.ts";
import { FRESH_SIGN_IN_MS } from "../../domain/people/limits.ts";
import { LAST_OWNER, rankRefusal } from "../../domain/people/members.ts";
import { settingsIn } from "../../domain/people/tenants.ts";
import { ERASURE_STEPS, type ErasureStep } from "../../domain/privacy/erasure.ts";
import { accepted, type Outcome, type Refusal, refused } from "../../domain/result.ts";
import { MINUTE_MS } from "../../domain/units.ts";
import { logLine, reason, word } from "../../log-line.ts";
import type { Ctx } from "../context.ts";
import type { Principal } from "../principal.ts";
import { askerOf } from "../tenants/asker.ts";
import { type Change, commit } from "../tenants/commit.ts";
import { type Managing, managing } from "../tenants/managing.ts";
import { type Changed, found, notWritten, unknown } from "../verbs.ts";
import { continueErasure } from "./erasures.ts";

/** An erasure as it is shown. */
export interface ShownErasure {
	id: string;
	user: string;
	status: "erasing" | "erased";
	/** What is being done. */
	step: ErasureStep;
	requested_at: number;
	updated_at: number;
	finished_at: number | null;
	/** Null where nothing is in the way. */
	waits_for: string | null;
}

function shownErasure(erasure: ErasureRow): ShownErasure {
	const { id, user_id: user, step, trouble: waits_for, requested_at, updated_at, finished_at } = erasure;
	const status = finished_at === null ? "erasing" : "erased";
	// Only steps of the list are ever written down.
	return { id, user, status, step: step as ErasureStep, requested_at, updated_at, finished_at, waits_for };
}

/**
 * Erases a user for ever, oneself or one of the tenant's, in steps that go on after the answer. Again, it gives the same erasure. Gates: oneself, by a
 * credential of a sign-in of a few minutes ago, or those of {@link managing}; the user is the tenant's; only owners erase owners; an
 * organization keeps its last owner.
 */
export async function requestErasure(ctx: Ctx, { user: named }: { user: string }): Promise<Changed<ShownErasure>> {
	const { env, principal } = ctx;
	const { subject, actor, tenant } = principal;
	const user = named === "me" ? subject : named;
	if (!ID_PATTERNS.user.test(user)) return notWritten(unknown("user").refusal);
	const isOneself = user === subject && actor === subject;
	const may = isOneself ? await byOneself(ctx) : await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const again = async () => found(await shownOf(env, user), "erasure");
	const asked = { operation: "users.erase", input: { user }, again };
	// It is the same however often it is asked for, so it needs no key.
	const asker = { ...askerOf(ctx), idempotency_key: undefined };
	const changed = await commit(asker, asked, () => decide(ctx, may.value, user, isOneself));
	if (!changed.outcome.ok) return changed;
	const erasure = await erasureOf(env.ACCOUNTS, user);
	if (!erasure) throw new Error("an erasure that was begun is not there");
	if (erasure.finished_at === null) ctx.later(goOn(env, erasure));
	return { ...changed, outcome: accepted(shownErasure(erasure)) };
}

async function shownOf({ ACCOUNTS }: Env, user: string): Promise<ShownErasure | null> {
	const erasure = await erasureOf(ACCOUNTS, user);
	return erasure && shownErasure(erasure);
}

/** What cannot be taken back needs the person, and not only a token that somebody may have found. */
async function byOneself({ env, principal, now }: Ctx): Promise<Outcome<Managing>> {
	const stale = staleRefusal(principal, now);
	if (stale) return refused(stale);
	const tenant = await readTenant(env.ACCOUNTS, principal.tenant);
	if (!tenant) return unknown("user");
	return accepted({ tenant, settings: settingsIn(tenant.settings), authority: "owner" });
}

function staleRefusal({ signed_in_at }: Principal, now: number): Refusal | null {
	if (signed_in_at !== null && now - signed_in_at <= FRESH_SIGN_IN_MS) return null;
	const age = `${FRESH_SIGN_IN_MS / MINUTE_MS} minutes`;
	return { code: "forbidden", detail: `To erase yourself, sign in again: the sign-in must not be older than ${age}.` };
}

async function decide(
	{ env, principal, now }: Ctx,
	{ tenant, settings, authority }: Managing,
	user_id: string,
	isOneself: boolean,
): Promise<Outcome<Change<ShownErasure>>> {
	const db = env.ACCOUNTS;
	const earlier = await shownOf(env, user_id);
	const row = await readUser(db, user_id);
	// One who called before there were rows is known by the catalog.
	if ((row?.tenant_id ?? (await tenantOf(env.CATALOG, user_id))) !== tenant.id) return unknown("user");
	if (earlier) return accepted({ made: earlier.id, writes: [], tells: [], value: earlier });
	const tooHigh = row && !isOneself ? rankRefusal(authority, row.role) : null;
	if (tooHigh) return refused(tooHigh);
	const isLast =
		row?.role === "owner" && tenant.kind === "organization" && !(await hasOtherOwner(db, tenant.id, user_id));
	if (isLast) return refused(LAST_OWNER);
	const id = mintPeopleId("erasure", now, crypto.getRandomValues(new Uint8Array(10)));
	const [step] = ERASURE_STEPS;
	const request = { id, tenant_id: tenant.id, user_id, requested_by: principal.actor, requested_at: now, step };
	const says = { before: { status: row?.status ?? "active" }, after: { status: "erasing" } };
	const begun = { ...request, position: "null", trouble: null, updated_at: now, finished_at: null };
	return accepted({
		made: id,
		writes: beginErasure(db, request),
		tells: [{ tenant: tenant.id, kept: settings, kind: "member.erasing", subject: user_id, says }],
		value: shownErasure(begun),
	});
}

/** The schedule goes on with it in any case. */
const goOn = (env: Env, erasure: ErasureRow) =>
	continueErasure(env, erasure, Date.now).catch((error: unknown) =>
		logLine("error", { at: "erasure", erasure: word(erasure.id), step: word(erasure.step), error: reason(error) }),
	);

/** How an erasure stands. Gates: those of {@link managing}; it is the tenant's. */
export async function readErasureState(ctx: Ctx, { tenant, erasure: id }: { tenant: string; erasure: string }) {
	const may = await managing(ctx, tenant);
	if (!may.ok) return may;
	const erasure = await readErasure(ctx.env.ACCOUNTS, tenant, id);
	return found(erasure && shownErasure(erasure), "erasure");
}
