import { startPeer } from "./peer.ts";
import type { System } from "./system.ts";

/** A bare Worker and object that insert one row and answer. It takes any request for the same one. */
export async function startFloor(): Promise<System> {
	const { url, pid, stop } = await startPeer("floor");
	const headers = (n: number) => ({ Authorization: `user-${n}` });
	return { name: "floor", url, quiz: "", headers, settled_status: 201, reads: null, processes: [pid], stop };
}
