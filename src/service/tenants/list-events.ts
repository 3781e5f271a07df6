import { INSTALLATION } from "../../domain/people/installation.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import type { EventFilter } from "../../shard/tenants/store.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { shardOf } from "../shard-of.ts";
import { NEWEST, type Page } from "../verbs.ts";
import { deliver } from "./deliver.ts";
import { managing } from "./managing.ts";
import { type ShownEvent, shownEvent } from "./shown-events.ts";

export interface EventsInput extends EventFilter {
	/** Null for the log of the installation. */
	tenant: string | null;
}

/** Whose log is meant, for whoever may read it: the tenant's for who manages it, the installation's for its operator. */
export async function auditGate(ctx: Ctx, tenant: string | null): Promise<Outcome<string>> {
	if (tenant === null) {
		const forbidden = scopeRefusal(ctx.principal, "admin");
		return forbidden ? refused(forbidden) : accepted(INSTALLATION);
	}
	const may = await managing(ctx, tenant);
	return may.ok ? accepted(tenant) : may;
}

export const auditCall = ({ now, request_id, principal }: Ctx, tenant: string) => ({
	user: tenant,
	tenant,
	actor: principal.actor,
	now,
	request_id,
});

/**
 * What happened to a tenant, newest first. What waits to be recorded is handed over first, so nothing that was committed is missing. Gates:
 * `users:write`, the tenant is the caller's; for the installation's, `admin`.
 */
export async function listEvents(
	ctx: Ctx,
	{ tenant: named, before, limit, ...filter }: EventsInput & { before: number | null; limit: number },
): Promise<Outcome<Page<ShownEvent>>> {
	const { env, now } = ctx;
	const may = await auditGate(ctx, named);
	if (!may.ok) return may;
	const tenant = may.value;
	await deliver(env, tenant, now);
	const call = auditCall(ctx, tenant);
	const page = await shardOf(env, tenant, true).audit.page(call, filter, before ?? NEWEST, limit);
	const items = await Promise.all((page?.rows ?? []).map((row) => shownEvent(env, tenant, row, now)));
	return accepted({ items, next: page?.next ?? null });
}
