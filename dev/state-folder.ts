import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, reasonOf } from "./failure.ts";

/** Makes the folder this process's own, since two servers on the same databases would harm each other. */
export function claimStateFolder(folder: string): void {
	const file = join(folder, "start.pid");
	try {
		mkdirSync(folder, { recursive: true });
	} catch (error) {
		throw new Failure(`The state folder ${folder} cannot be made: ${reasonOf(error)}. Choose another STATE_DIR.`);
	}
	const owner = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
	if (owner > 0 && owner !== process.pid && isAlive(owner)) {
		const advice = `Stop it, or choose another STATE_DIR. If that is no Marksheet server, delete ${file}.`;
		throw new Failure(`The state folder ${folder} is in use by process ${owner}. ${advice}`);
	}
	writeFileSync(file, String(process.pid));
	process.on("exit", () => rmSync(file, { force: true }));
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "EPERM";
	}
}

/** Runs something once in the life of a state folder; again, if it did not come to its end. */
export async function oncePerFolder(folder: string, name: string, work: () => Promise<void>): Promise<void> {
	const file = join(folder, `${name}.done`);
	if (existsSync(file)) return;
	await work();
	writeFileSync(file, "");
}
