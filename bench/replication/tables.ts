import { table } from "../../dev/table.ts";
import { shown } from "../lib/statistics.ts";
import type { Outage } from "./outage.ts";
import type { Replay } from "./replay.ts";
import type { Throughput } from "./throughput.ts";

export function liveTable(live: Throughput): string {
	return table(
		["through queue and consumer", "value"],
		[
			["events applied", shown(live.applied)],
			["attempts submitted per second", shown(live.submitted_per_s)],
			["events applied per second, first request to last event", shown(live.applied_per_s)],
			["batches", shown(live.batches)],
			["events per batch, mean", shown(live.applied / live.batches)],
			["events not applied yet when the last answer came", shown(live.lag_events)],
			["seconds from then until all were applied", shown(live.catch_up_s)],
			["lag of every shard when done", shown(live.lag_when_done)],
			["D1 rows written per event", shown(live.rows_written / live.applied)],
			[`seconds to rebuild it from ${live.rebuild.shards} logs`, shown(live.rebuild.seconds)],
			["tables whose digests the rebuild changed", live.rebuild.changed.join(", ") || "none"],
		],
	);
}

export function replayTable(replays: readonly Replay[]): string {
	return table(
		[
			"messages per batch",
			"batches",
			"applied",
			"statements per batch",
			"rows written per event",
			"rows read per event",
			"events/s",
		],
		replays.map((replay) => [
			String(replay.batch_size),
			shown(replay.batches),
			shown(replay.applied),
			`${replay.statements_min}–${replay.statements_max}`,
			shown(replay.rows_written / replay.applied),
			shown(replay.rows_read / replay.applied),
			shown(replay.applied_per_s),
		]),
	);
}

export function outageTable({ events, catch_up_s, applied_per_s }: Outage): string {
	return table(
		["after every message was lost and the runtime stopped", "value"],
		[
			["events that the catalog had not", shown(events)],
			["seconds from the start until it had them all, with the alarms' wait", shown(catch_up_s)],
			["events applied per second, first batch to last", shown(applied_per_s)],
		],
	);
}
