import { parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { checkNativeParts } from "../dev/native-parts.ts";
import { stateDir } from "../dev/settings.ts";

/** Brings the databases to the current schema: the local ones, or with --env those of a deployment. */
await run(async () => {
	const { values } = parseCommandLine({
		usage: "npm run db:migrate [-- OPTIONS]",
		about: "Brings the databases to the current schema: the local ones, or those of a deployment.",
		options: { env: { type: "string", value: "staging|production", about: "the deployment" } },
	});
	await checkNativeParts();
	if (values.env !== undefined) {
		const { migrateRemote } = await import("../dev/deployment.ts");
		await migrateRemote(values.env);
		return;
	}
	const { claimStateFolder } = await import("../dev/state-folder.ts");
	const { migrateLocal } = await import("../dev/databases.ts");
	claimStateFolder(stateDir());
	const files = await migrateLocal(stateDir());
	console.log(files.length > 0 ? `Applied ${files.join(", ")}.` : "Nothing to apply: the databases are up to date.");
});
