import { table } from "../../dev/table.ts";
import { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";
import { attemptCall, publishQuizzes, userHeaders } from "../lib/marksheet.ts";
import { residentMb } from "../lib/processes.ts";
import { startMarksheet, temporaryFolder } from "../lib/runtime.ts";
import { shown } from "../lib/statistics.ts";

/** What the runtime holds in memory as more and more shards are touched; it puts away those that rest for ten seconds. */

const CLIENTS = 32;
const STEPS = 4;

export interface MemoryRow {
	shards: number;
	seconds: number;
	resident_mb: number | null;
}

export async function memory(bundle: string, shards: number): Promise<MemoryRow[]> {
	const server = await startMarksheet({ bundle, folder: temporaryFolder() });
	try {
		const [quiz = ""] = await publishQuizzes(server.url, server.signer, 1);
		const users = await Promise.all(
			Array.from({ length: shards }, (_, index) => userHeaders(server.signer, `usr_many${index}`)),
		);
		const connections = new Connections(server.url, CLIENTS);
		const started = performance.now();
		const rows: MemoryRow[] = [{ shards: 0, seconds: 0, resident_mb: residentMb(server.pid) }];
		for (let done = 0; done < shards; ) {
			const next = Math.min(shards, done + Math.ceil(shards / STEPS));
			const from = done;
			await runAll(CLIENTS, next - from, async (index) => {
				await connections.expect(201, attemptCall(users[from + index] ?? {}, quiz, index));
			});
			done = next;
			const seconds = (performance.now() - started) / 1_000;
			rows.push({ shards: done, seconds, resident_mb: residentMb(server.pid) });
		}
		connections.close();
		return rows;
	} finally {
		await server.stop();
	}
}

export function memoryTable(rows: readonly MemoryRow[]): string {
	return table(
		["shards touched", "after s", "runtime's resident MB"],
		rows.map(({ shards, seconds, resident_mb }) => [
			shards.toLocaleString("en-US"),
			shown(seconds),
			resident_mb === null ? "–" : shown(resident_mb),
		]),
	);
}
