import { countServices, insertService, readService } from "../../accounts/services.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import { SERVICES_PER_TENANT_MAX } from "../../domain/people/limits.ts";
import { accepted, refused } from "../../domain/result.ts";
import type { Ctx } from "../context.ts";
import { type Changed, found, notWritten } from "../verbs.ts";
import { askerOf } from "./asker.ts";
import { commit } from "./commit.ts";
import { managing } from "./managing.ts";
import { type ShownService, shownService } from "./shown-keys.ts";

/** Too many of them are there. */
export const SERVICES_FULL = refused({
	code: "conflict",
	detail: `A tenant has at most ${SERVICES_PER_TENANT_MAX} services that are not disabled.`,
});

/** Makes a machine of the tenant. Gates: `users:write`, the tenant is the caller's; not too many of them. */
export async function createService(
	ctx: Ctx,
	{ tenant, name }: { tenant: string; name: string },
): Promise<Changed<ShownService>> {
	const { env, now, principal } = ctx;
	const db = env.ACCOUNTS;
	const may = await managing(ctx, tenant);
	if (!may.ok) return notWritten(may.refusal);
	const again = async (made: string) => {
		const service = await readService(db, tenant, made);
		return found(service && shownService(service), "service");
	};
	const asked = { operation: "services.create", input: { tenant, name }, again };
	return commit(askerOf(ctx), asked, async () => {
		const max = SERVICES_PER_TENANT_MAX;
		if ((await countServices(db, tenant, max)) >= max) return SERVICES_FULL;
		const id = mintPeopleId("service", now, crypto.getRandomValues(new Uint8Array(10)));
		const row = { id, tenant_id: tenant, name, created_by: principal.actor, created_at: now, disabled_at: null };
		return accepted({
			made: id,
			writes: [insertService(db, row, max)],
			tells: [{ tenant, kept: may.value.settings, kind: "service.created", subject: id, says: { after: { name } } }],
			value: shownService(row),
		});
	});
}
