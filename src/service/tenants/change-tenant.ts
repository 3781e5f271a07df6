import { setRateClass } from "../../accounts/api-keys.ts";
import { changed } from "../../accounts/changes.ts";
import { beginRound } from "../../accounts/retention.ts";
import { readTenant, replaceTenant, type Tenant } from "../../accounts/tenants.ts";
import type { Json } from "../../domain/canonical.ts";
import { INSTALLATION, INSTALLATION_KEEPS } from "../../domain/people/installation.ts";
import { PLAN_RATE_CLASS, type Plan } from "../../domain/people/plans.ts";
import {
	type SettingsChange,
	settingsIn,
	storedAfter,
	type TenantSettings,
	tenantSettingsSchema,
} from "../../domain/people/tenants.ts";
import { isStale, stale } from "../../domain/preconditions.ts";
import { PRINCIPAL_CLASSES } from "../../domain/rate-limits.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { scopeRefusal } from "../principal.ts";
import { type Changed, notWritten, unknown } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { type Change, commit } from "./commit.ts";
import { managing } from "./managing.ts";
import { type ShownTenant, shownTenant } from "./shown-tenants.ts";

interface Input {
	tenant: string;
	name?: string | undefined;
	settings?: SettingsChange | undefined;
	plan?: Plan | undefined;
	if_match: string | null;
}

/**
 * Changes a tenant. Gates: `users:write`, and for the plan `admin`; it is the caller's own, or the operator changes nothing but the plan of
 * another; it exists; it is as the caller has read it.
 */
export async function changeTenant(ctx: Ctx, input: Input): Promise<Changed<ShownTenant>> {
	const { env, principal, now } = ctx;
	const { tenant: id, if_match } = input;
	const forbidden =
		scopeRefusal(principal, "users:write") ?? (input.plan === undefined ? null : scopeRefusal(principal, "admin"));
	if (forbidden) return notWritten(forbidden);
	const isOwn = id === principal.tenant;
	const isPlanOnly = input.name === undefined && input.settings === undefined;
	if (!isOwn && !(isPlanOnly && principal.scopes.has("admin"))) return notWritten(unknown("tenant").refusal);
	const may = isOwn ? await managing(ctx, id) : accepted(null);
	if (!may.ok) return notWritten(may.refusal);
	const asked = { operation: "tenants.change", input: {}, again: (made: string) => shownAgain(env.ACCOUNTS, made) };
	return commit(askerOf(ctx), asked, async () => {
		const tenant = await readTenant(env.ACCOUNTS, id);
		if (!tenant) return unknown("tenant");
		const shown = shownTenant(tenant);
		if (isStale(shown, if_match)) return stale(shown, "tenant");
		return accepted(decided(env.ACCOUNTS, tenant, input, now));
	});
}

async function shownAgain(db: D1Database, id: string): Promise<Outcome<ShownTenant>> {
	const tenant = await readTenant(db, id);
	return tenant ? accepted(shownTenant(tenant)) : unknown("tenant");
}

function decided(db: D1Database, tenant: Tenant, input: Input, now: number): Change<ShownTenant> {
	const { id } = tenant;
	const before = settingsIn(tenant.settings);
	const stored = storedAfter(tenant.settings, input.settings ?? {});
	const settings = settingsIn(stored);
	const { name = tenant.name, plan = tenant.plan } = input;
	const differing = differences(before, settings);
	const isNamed = name !== tenant.name;
	const isMoved = plan !== tenant.plan;
	const value = shownTenant({ ...tenant, name, plan, settings: stored, revision: tenant.revision + 1 });
	if (!isNamed && !isMoved && differing.length === 0) {
		return { made: id, writes: [], tells: [], value: shownTenant(tenant) };
	}
	// The name of the tenant that a person has alone is mostly the person's.
	const tellsName = isNamed && tenant.kind === "organization";
	const part = (of: { name: string; plan: string; settings: TenantSettings }) => ({
		...(tellsName && { name: of.name }),
		...(isMoved && { plan: of.plan }),
		...(differing.length > 0 && { settings: only(of.settings, differing) }),
	});
	const says = {
		...(isNamed && !tellsName && { private: ["name"] }),
		before: part({ name: tenant.name, plan: tenant.plan, settings: before }),
		after: part({ name, plan, settings }),
	};
	const told = { kind: "tenant.changed", subject: id } as const;
	const planSays = { before: { plan: tenant.plan }, after: { plan } };
	return {
		made: id,
		writes: [
			replaceTenant(db, tenant, { name, plan, settings: stored }),
			changed(db, id, false, now),
			...(differing.includes("retention") ? [beginRound(db, id, now)] : []),
			...(isMoved ? [rateClassAfter(db, id, tenant.plan, plan)] : []),
		],
		tells: [
			{ ...told, tenant: id, kept: settings, says },
			...(isMoved ? [{ ...told, tenant: INSTALLATION, kept: INSTALLATION_KEEPS, says: planSays }] : []),
		],
		value,
	};
}

type SettingName = keyof TenantSettings;

const differences = (before: TenantSettings, after: TenantSettings): SettingName[] =>
	tenantSettingsSchema.keyof().options.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));

const only = (settings: TenantSettings, names: readonly SettingName[]): Record<string, Exclude<Json, undefined>> =>
	Object.fromEntries(names.map((name) => [name, settings[name]]));

/** Keys that have what the plan gave get what the new one gives, and none keeps more than that. */
function rateClassAfter(db: D1Database, tenant: string, before: Plan, after: Plan): D1PreparedStatement {
	const given = PLAN_RATE_CLASS[after];
	const rank = PRINCIPAL_CLASSES.indexOf(given);
	const classes = PRINCIPAL_CLASSES.filter((name, place) => name === PLAN_RATE_CLASS[before] || place > rank);
	return setRateClass(db, tenant, classes, given);
}
