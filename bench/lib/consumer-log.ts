import { z } from "zod";

/** The line that the Worker logs for every batch of the queue; further members are let through. */
const lineSchema = z.looseObject({
	at: z.literal("queue"),
	messages: z.int(),
	applied: z.int(),
	duplicates: z.int(),
	gaps: z.int(),
	failed: z.int(),
	transactions: z.int(),
	statements: z.int(),
	rows_read: z.int(),
	rows_written: z.int(),
});

export type BatchLine = z.output<typeof lineSchema>;

/** What the consumer says of its batches, and the wait for what it has still to do. */
export class ConsumerLog {
	readonly batches: BatchLine[] = [];
	applied = 0;
	/** When the latest batch was done, by performance.now(). */
	last_at = 0;
	#waiting: { applied: number; resolve: () => void } | null = null;

	/** Takes the Worker's log, line by line. */
	readonly read = (level: string, message: string): void => {
		if (level === "error") console.error(`the Worker logged: ${message}`);
		if (!message.includes('"queue"')) return;
		const line = lineSchema.safeParse(JSON.parse(message));
		if (!line.success) return;
		this.batches.push(line.data);
		this.applied += line.data.applied;
		this.last_at = performance.now();
		if (this.#waiting && this.applied >= this.#waiting.applied) this.#waiting.resolve();
	};

	/** Forgets what was logged so far. */
	clear(): void {
		this.batches.length = 0;
		this.applied = 0;
	}

	/** Waits until so many events have been applied in all. @throws after `within_s` seconds */
	reaches(applied: number, within_s: number): Promise<void> {
		if (this.applied >= applied) return Promise.resolve();
		return new Promise((resolve, reject) => {
			const late = () => reject(new Error(`${this.applied} of ${applied} events applied within ${within_s} s`));
			const timer = setTimeout(late, within_s * 1_000);
			this.#waiting = {
				applied,
				resolve: () => {
					clearTimeout(timer);
					resolve();
				},
			};
		});
	}
}
