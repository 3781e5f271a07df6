import { told, untoldOf } from "../../accounts/audit-outbox.ts";
import { readTenantEvent } from "../../domain/people/events.ts";
import { AUDIT_EVENTS_AT_ONCE_MAX, AUDIT_ROUNDS_MAX } from "../../domain/people/limits.ts";
import { logLine, reason, word } from "../../log-line.ts";
import { shardOf } from "../shard-of.ts";

/**
 * Hands the events of a tenant that wait to the tenant's object, in the order in which they were committed. Two may do so at once, and one
 * may end anywhere: the object knows events again, and what it has goes from here only afterwards.
 * @throws where the object does not answer, or an event is of a later release: then it waits, and all behind it
 */
export async function deliver(env: Env, tenant: string, now: number): Promise<void> {
	for (let round = 0; round < AUDIT_ROUNDS_MAX; round++) {
		const waiting = await untoldOf(env.ACCOUNTS, tenant, AUDIT_EVENTS_AT_ONCE_MAX);
		if (waiting.length === 0) return;
		const events = waiting.map(({ event }) => readTenantEvent(event));
		const call = { user: tenant, tenant, actor: "system", now, request_id: crypto.randomUUID() };
		const { outcome } = await shardOf(env, tenant, true).audit.record(call, events);
		if (!outcome.ok) throw new Error(`the object of ${tenant} takes no events: ${outcome.refusal.detail}`);
		await told(env.ACCOUNTS, waiting);
		if (waiting.length < AUDIT_EVENTS_AT_ONCE_MAX) return;
	}
}

/** The same behind an answer, which does not depend on it: the schedule hands over what is left. */
export async function deliverOrLeave(env: Env, tenant: string, now: number): Promise<void> {
	try {
		await deliver(env, tenant, now);
	} catch (error) {
		logLine("error", { at: "audit", tenant: word(tenant), error: reason(error) });
	}
}
