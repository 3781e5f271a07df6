import { readdirSync, readFileSync } from "node:fs";

/** Linux only: what /proc says of processes. Elsewhere there is nothing to read, and figures are null. */

/** The processes with all their descendants. */
export function withDescendants(pids: readonly number[]): number[] {
	return pids.flatMap((pid) => [pid, ...withDescendants(childrenOf(pid))]);
}

function childrenOf(pid: number): number[] {
	return tasksOf(pid).flatMap((task) => numbers(read(`/proc/${pid}/task/${task}/children`)));
}

const tasksOf = (pid: number): string[] => {
	try {
		return readdirSync(`/proc/${pid}/task`);
	} catch {
		return [];
	}
};

function read(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch {
		// A thread that has ended meanwhile.
		return "";
	}
}

const numbers = (text: string) => text.split(/\s+/).filter(Boolean).map(Number);

/** Time that the processes and their descendants have spent on a processor, in milliseconds; null where it cannot be read. */
export function processorMs(pids: readonly number[]): number | null {
	const times = withDescendants(pids).flatMap((pid) =>
		tasksOf(pid).flatMap((task) => numbers(read(`/proc/${pid}/task/${task}/schedstat`))[0] ?? []),
	);
	return times.length === 0 ? null : times.reduce((sum, ns) => sum + ns, 0) / 1e6;
}

/** Resident memory of one process in megabytes; null where it cannot be read. */
export function residentMb(pid: number): number | null {
	const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`)) ?? [];
	return kb === undefined ? null : (Number(kb) * 1_024) / 1e6;
}
