import { parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { checkNativeParts } from "../dev/native-parts.ts";
import { wrangler } from "../dev/wrangler.ts";

/** Deploys to an environment of wrangler.toml. The schema goes first, since migrations keep to what the old code understands. */
await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run deploy -- --env staging|production",
		about: "Migrates the databases of an environment of wrangler.toml, and deploys the Worker to it.",
		options: { env: { type: "string", value: "staging|production", about: "where to" } },
	});
	await checkNativeParts();
	const { migrateRemote, requireEnvironment } = await import("../dev/deployment.ts");
	const env = requireEnvironment(values.env);
	await migrateRemote(env);
	await wrangler(["deploy", "--env", env], "Deploying failed");
});
