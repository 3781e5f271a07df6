import type { TenantEvent } from "../../domain/people/events.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { Unit } from "../engine/unit.ts";

/** Writes events into the log that are not there yet, in their order. What they tell of is committed already, so none is refused. */
export function record(unit: Unit, events: readonly TenantEvent[]): Outcome<{ recorded: number }> {
	const unknown = events.filter(({ body }) => !unit.tenantEvents.has(body.id));
	for (const { kind, at, actor, subject, body } of unknown) {
		const seq = unit.log.append({ ...unit.who, actor }, unit.log.clock(at), kind, subject, body);
		unit.tenantEvents.add(body.id, seq);
	}
	return accepted({ recorded: unknown.length });
}
