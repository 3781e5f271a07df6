import { run } from "./lib/failure.ts";
import { checkNativeParts } from "./lib/native-parts.ts";
import { parseArguments, stateDir } from "./lib/settings.ts";

/** Brings the databases to the current schema: the local ones, or with --env those of a deployment. */
await run(async () => {
	const { values } = parseArguments(
		{ options: { env: { type: "string" } } },
		"npm run db:migrate [-- --env staging|production]",
	);
	await checkNativeParts();
	if (values.env !== undefined) {
		const { migrateRemote } = await import("./lib/deployment.ts");
		await migrateRemote(values.env);
		return;
	}
	const { claimStateFolder } = await import("./lib/state-folder.ts");
	const { migrateLocal } = await import("./lib/databases.ts");
	claimStateFolder(stateDir());
	const files = await migrateLocal(stateDir());
	console.log(files.length > 0 ? `Applied ${files.join(", ")}.` : "Nothing to apply: the databases are up to date.");
});
