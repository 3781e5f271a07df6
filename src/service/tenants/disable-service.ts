import { changed } from "../../accounts/changes.ts";
import {
	countServices,
	disableService as disable,
	readService,
	restoreService as restore,
} from "../../accounts/services.ts";
import { SERVICES_PER_TENANT_MAX } from "../../domain/people/limits.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, found, notWritten, unknown } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { commit } from "./commit.ts";
import { SERVICES_FULL } from "./create-service.ts";
import { managing } from "./managing.ts";
import { type ShownService, shownService } from "./shown-keys.ts";

interface Input {
	tenant: string;
	service: string;
}

/**
 * Lets a machine in no longer: its keys and what was issued for them are refused everywhere within a minute. Gates: `users:write`, the tenant is the
 * caller's, the service is one of it.
 */
export const disableService = (ctx: Ctx, input: Input) => switching(ctx, input, true);

/** Lets it in again, with the keys that it has. Gates: the same; not too many of them. */
export const restoreService = (ctx: Ctx, input: Input) => switching(ctx, input, false);

async function switching(ctx: Ctx, { tenant, service }: Input, isOff: boolean): Promise<Changed<ShownService>> {
	const { env, now } = ctx;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const again = async (): Promise<Outcome<ShownService>> => {
		const row = await readService(db, tenant, service);
		return found(row && shownService(row), "service");
	};
	const operation = isOff ? "services.disable" : "services.restore";
	return commit(askerOf(ctx), { operation, input: { tenant, service }, again }, async () => {
		const row = await readService(db, tenant, service);
		if (!row) return unknown("service");
		if ((row.disabled_at !== null) === isOff) {
			return accepted({ made: service, writes: [], tells: [], value: shownService(row) });
		}
		const max = SERVICES_PER_TENANT_MAX;
		if (!isOff && (await countServices(db, tenant, max)) >= max) return SERVICES_FULL;
		const told = { tenant, kept: may.value.settings, subject: service, says: {} };
		return accepted({
			made: service,
			writes: [isOff ? disable(db, service, now) : restore(db, row, max), changed(db, service, isOff, now)],
			tells: [isOff ? { ...told, kind: "service.disabled" } : { ...told, kind: "service.restored" }],
			value: shownService({ ...row, disabled_at: isOff ? now : null }),
		});
	});
}
