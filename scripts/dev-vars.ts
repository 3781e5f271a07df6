import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { ROOT, stateDir } from "../dev/settings.ts";
import { ensureSigner, secretsOf } from "../dev/signer.ts";

const FILE = ".dev.vars";

/** `npm run dev:vars`: what `wrangler dev` reads the Worker's secrets from. It is the same key as that of `npm start` and `npm run token`. */
await run(async () => {
	parseCommandLine({
		usage: "npm run dev:vars",
		about: `Writes ${FILE}, the local Worker's secrets for wrangler dev. STATE_DIR says where the signing key is; one is made if there is none.`,
	});
	const { workerOptions } = await import("../dev/worker.ts");
	const { vars } = workerOptions();
	const secrets = secretsOf(await ensureSigner(stateDir(), vars.TOKEN_ISSUER, vars.TOKEN_AUDIENCE));
	const lines = Object.entries(secrets).map(([name, value]) => `${name}='${value}'\n`);
	writeFileSync(join(ROOT, FILE), lines.join(""), { mode: 0o600 });
	console.log(`${FILE}: ${Object.keys(secrets).join(", ")}`);
});
