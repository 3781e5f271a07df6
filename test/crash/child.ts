import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { guardAgainstOrphans } from "../../dev/orphan-guard.ts";
import { readSigner, secretsOf } from "../../dev/signer.ts";
import { type Batching, startWorker, UNLIMITED } from "../../dev/worker.ts";
import { WorkerLog } from "../../dev/worker-log.ts";

/**
 * The process that is killed: the built Worker with the faults around it, on the state folder that the first argument names, with the
 * batches that the second one asks for.
 * Tells its parent the address once it is up, and ends when the parent does.
 */

const ENTRY = `
export * from "./index.js";
import worker, { UserShard as Shard } from "./index.js";
import { faultyShard, faultyWorker } from "./worker/worker.ts";
export const UserShard = faultyShard(Shard);
export default faultyWorker(worker);
`;

const WORKER_MODULES = [
	"plan.ts",
	"random.ts",
	"worker/database.ts",
	"worker/faults.ts",
	"worker/queue.ts",
	"worker/worker.ts",
];

const source = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");

const [folder = "", batching = "null"] = process.argv.slice(2);
process.on("disconnect", () => process.exit(1));
guardAgainstOrphans();
const miniflare = await startWorker({
	folder,
	port: 0,
	secrets: secretsOf(readSigner(folder)),
	log: new WorkerLog(folder),
	vars: UNLIMITED,
	// The parent's own, as plan.ts has it.
	batching: (JSON.parse(batching) as Batching | null) ?? undefined,
	around: [
		{ name: "entry.js", contents: ENTRY },
		...WORKER_MODULES.map((name) => ({ name, contents: stripTypeScriptTypes(source(name)) })),
	],
});
process.send?.((await miniflare.ready).origin);
