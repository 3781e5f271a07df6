import type { LogEvent } from "../../domain/log/events.ts";
import type { TenantKind } from "../../domain/people/events.ts";
import { type Part, partOf } from "../engine/part.ts";
import { values } from "../engine/table.ts";
import { Difference, same, sameJson } from "../verification/difference.ts";
import { TenantEvents } from "./store.ts";

/** The rows of events, by their ids. */
type Recorded = Map<string, { seq: number }>;

function recorded(state: Recorded, { seq, body: { id } }: LogEvent<TenantKind>): void {
	if (state.has(id)) throw new Difference("log", seq, `The event ${id} stands in the log twice.`);
	state.set(id, { seq });
}

/** The object of a tenant has what happened to the tenant in its log, and nothing else. The tenant itself is in ACCOUNTS. */
export const tenantsPart: Part<TenantKind, Recorded, { tenantEvents: TenantEvents }> = partOf({
	tables: { recorded: { key: ["event"], columns: values("event", "seq") } },
	stores: (sql, log) => ({ tenantEvents: new TenantEvents(sql, log) }),
	begin: () => new Map(),
	rows: {
		"tenant.created": recorded,
		"tenant.changed": recorded,
		"member.added": recorded,
		"member.invited": recorded,
		"member.uninvited": recorded,
		"member.joined": recorded,
		"member.changed": recorded,
		"member.disabled": recorded,
		"member.restored": recorded,
		"member.erasing": recorded,
		"member.erased": recorded,
		"service.created": recorded,
		"service.disabled": recorded,
		"service.restored": recorded,
		"key.created": recorded,
		"key.rotated": recorded,
		"key.revoked": recorded,
		"installation.operated": recorded,
	},
	compare({ sql }, state) {
		let rows = 0;
		for (const { event, seq } of sql.each<{ event: string; seq: number }>(
			"SELECT event, seq FROM recorded ORDER BY event",
		)) {
			sameJson("recorded", event, { seq }, state.get(event));
			rows++;
		}
		same("recorded", "all", "number of rows", rows, state.size);
	},
});
