import { run } from "./lib/failure.ts";
import { checkNativeParts } from "./lib/native-parts.ts";
import { parseArguments } from "./lib/settings.ts";
import { wrangler } from "./lib/wrangler.ts";

/** Deploys to an environment of wrangler.toml. The schema goes first, since migrations keep to what the old code understands. */
await run(async () => {
	const { values } = parseArguments(
		{ options: { env: { type: "string" } } },
		"npm run deploy -- --env staging|production",
	);
	await checkNativeParts();
	const { migrateRemote, requireEnvironment } = await import("./lib/deployment.ts");
	const env = requireEnvironment(values.env);
	await migrateRemote(env);
	await wrangler(["deploy", "--env", env], "Deploying failed");
});
