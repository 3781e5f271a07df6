import { RpcTarget } from "cloudflare:workers";
import type { TenantEvent } from "../../domain/people/events.ts";
import type { Call, Runner } from "../engine/runner.ts";
import { record } from "./commands.ts";
import type { EventFilter } from "./store.ts";

/** What the object of a tenant does with the events of the tenant. */
export class AuditCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	record(call: Call, events: readonly TenantEvent[]) {
		return this.#run.command(call, "audit.record", {}, (unit) => record(unit, events));
	}

	page(call: Call, filter: EventFilter, before: number, limit: number) {
		return this.#run.read(call, (unit) => unit.tenantEvents.page(filter, before, limit));
	}

	/** Rows after a row, whatever their kind, for an export that says all of them; with the hash that the first of them builds on. */
	rows(call: Call, after: number, limit: number) {
		return this.#run.read(call, ({ log }) => ({ rows: log.feed(after, limit), before_hash: log.hashAt(after) }));
	}
}
