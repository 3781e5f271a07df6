import { join, relative, resolve } from "node:path";
import { Failure } from "./failure.ts";

/** What the commands take from the environment, and from values of their arguments. */

export const ROOT = join(import.meta.dirname, "..");
const PORT_DEFAULT = 8787;

/** wrangler's own, so that the two can share it. */
export const STATE_DIR_DEFAULT = join(ROOT, ".wrangler/state");

/** Where the local server keeps everything. */
export const stateDir = (): string => resolve(process.env.STATE_DIR || STATE_DIR_DEFAULT);

/** A path as one would type it here. */
export function shortPath(path: string): string {
	const short = relative(process.cwd(), path);
	return short.startsWith("..") ? path : short;
}

/** A text as one word of a shell's line. */
export const shellWord = (text: string): string =>
	/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** `PORT`; 0 means any free one. */
export function port(): number {
	const text = process.env.PORT || String(PORT_DEFAULT);
	const value = Number(text);
	if (/^\d{1,5}$/.test(text) && value <= 65_535) return value;
	throw new Failure(`PORT is "${text}"; it must be a number from 0 to 65535.`);
}

/** The running server that a command talks to: the argument, `MARKSHEET_URL`, or this machine's `PORT`. */
export function serverUrl(argument?: string): string {
	const text = argument ?? (process.env.MARKSHEET_URL || `http://127.0.0.1:${port()}`);
	const url = URL.canParse(text) ? new URL(text) : null;
	if (url?.protocol === "http:" || url?.protocol === "https:") return url.href.replace(/\/+$/, "");
	throw new Failure(`"${text}" is not the address of a server; it must be like http://127.0.0.1:8787.`);
}

/** A whole number within bounds, from an argument. */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
	const value = Number(text);
	if (/^\d+$/.test(text) && value >= min && value <= max) return value;
	throw new Failure(`--${name} is "${text}"; it must be a whole number from ${min} to ${max}.`);
}
