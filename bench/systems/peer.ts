import { join } from "node:path";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { ROOT } from "../../dev/settings.ts";
import { quietWrangler } from "../../dev/wrangler.ts";
import { modulesOf, type Runtime, startRuntime, temporaryFolder } from "../lib/runtime.ts";

/** Builds a peer as Marksheet is built, and runs it in the same way. */
export async function startPeer(name: string, bindings: Record<string, string> = {}): Promise<Runtime> {
	const config = join(ROOT, "bench/peers", name, "wrangler.toml");
	const folder = temporaryFolder();
	await quietWrangler(["deploy", "--dry-run", "--config", config, "--outdir", folder], `${name} cannot be built`);
	const { modulesRules: _, bindings: vars, ...options } = unstable_getMiniflareWorkerOptions(config).workerOptions;
	const worker = { ...options, name, modulesRoot: folder, modules: modulesOf(folder, "worker.js") };
	return startRuntime({ ...worker, bindings: Object.assign({}, vars, bindings) }, temporaryFolder());
}
