import { styleText } from "node:util";

/** Progress goes to stderr, so that a command's output stays clean. Only a terminal gets lines that overwrite themselves. */

const terminal = process.stderr;
const BAR_CHARS = 24;
const QUIET_LINE_MS = 5_000;

export function note(text: string): void {
	terminal.write(`${text}\n`);
}

/** Runs one step of a longer job and says how long it took; `what` may be made of the result. */
export async function step<T>(doing: string, work: () => Promise<T>, done: (value: T) => string): Promise<T> {
	const started = performance.now();
	if (terminal.isTTY) terminal.write(`  … ${doing}`);
	try {
		const value = await work();
		const seconds = ((performance.now() - started) / 1_000).toFixed(1);
		const mark = styleText("green", "✓", { stream: terminal });
		note(`${rewind()}  ${mark} ${done(value)} ${styleText("dim", `${seconds} s`, { stream: terminal })}`);
		return value;
	} catch (error) {
		terminal.write(rewind());
		throw error;
	}
}

const rewind = () => (terminal.isTTY ? "\r\x1b[2K" : "");

/** A bar on a terminal; elsewhere a line every few seconds. */
export class Bar {
	#shown_at = performance.now();

	/** @param share 0 to 1 */
	update(share: number, text: string): void {
		if (terminal.isTTY) {
			const full = Math.round(Math.min(share, 1) * BAR_CHARS);
			const bar = "█".repeat(full) + "░".repeat(BAR_CHARS - full);
			terminal.write(`${rewind()}  ${bar} ${text}`);
		} else if (performance.now() - this.#shown_at >= QUIET_LINE_MS) {
			this.#shown_at = performance.now();
			note(`  ${Math.floor(share * 100)} % · ${text}`);
		}
	}

	/** Takes the bar away, so that a line can be printed where it was. */
	clear(): void {
		terminal.write(rewind());
	}
}
