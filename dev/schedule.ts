import type { Miniflare } from "miniflare";
import { reasonOf } from "./failure.ts";
import type { WorkerLog } from "./worker-log.ts";

/** The schedule of wrangler.toml, which nothing triggers locally: every minute, and the daily upkeep at its time (UTC). */

const MINUTE_MS = 60_000;
const EVERY_MINUTE = "* * * * *";
const DAILY = { cron: "17 3 * * *", hour: 3, minute: 17 };

/** Runs the schedule until it is stopped; the first time at once. A run that fails is a line in the Worker's log. */
export function runSchedule(miniflare: Miniflare, log: WorkerLog): { stop(): void } {
	const trigger = async (cron: string) => {
		try {
			await (await miniflare.getWorker()).scheduled({ cron });
		} catch (error) {
			log.write("error", JSON.stringify({ at: "schedule", cron, error: reasonOf(error) }));
		}
	};
	const tick = async () => {
		await trigger(EVERY_MINUTE);
		const now = new Date();
		if (now.getUTCHours() === DAILY.hour && now.getUTCMinutes() === DAILY.minute) await trigger(DAILY.cron);
	};
	const timer = setInterval(() => void tick(), MINUTE_MS);
	void tick();
	return { stop: () => clearInterval(timer) };
}
