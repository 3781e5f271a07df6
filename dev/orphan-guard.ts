import { type ChildProcess, spawn } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { basename } from "node:path";

/**
 * Lets no workerd outlive this process. Miniflare stops it on a normal end; after `kill -9` it would go on, hold the port
 * and write to the state folder beside the next one. So a shell in a session of its own waits at a pipe that closes
 * however this process ends, and then kills workerd.
 */
export function guardAgainstOrphans(): void {
	if (process.platform === "win32") return;
	subscribe("child_process", (message) => {
		const { process: child } = message as { process: ChildProcess };
		child.once("spawn", () => {
			if (basename(child.spawnfile).startsWith("workerd")) guard(child);
		});
	});
}

function guard(child: ChildProcess): void {
	const script = `cat >/dev/null; kill -9 ${child.pid} 2>/dev/null`;
	const guardian = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
	guardian.on("error", () => {});
	guardian.unref();
	// Once workerd is gone its number may become another process's: the guardian must not see the end of the pipe.
	child.once("exit", () => guardian.kill("SIGKILL"));
}
