import type { TenantEvent } from "../../domain/people/events.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Unit } from "../engine/unit.ts";

/** Writes events into the log that are not there yet, in their order. What they tell of is committed already, so none is refused. */
export function record(unit: Unit, events: readonly TenantEvent[]): Outcome<{ recorded: number }> {
	let recorded = 0;
	for (const { kind, at, actor, subject, body } of events) {
		// One that was handed over twice may stand twice among these too.
		if (unit.tenantEvents.has(body.id)) continue;
		recorded++;
		const seq = unit.log.append({ ...unit.who, actor }, unit.log.clock(at), kind, subject, body);
		unit.tenantEvents.add(body.id, seq);
	}
	return accepted({ recorded });
}
