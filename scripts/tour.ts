import { parseCommandLine } from "./lib/command-line.ts";
import { run } from "./lib/failure.ts";
import { serverUrl, stateDir } from "./lib/settings.ts";
import { readSigner } from "./lib/signer.ts";
import { tour } from "./lib/tour.ts";

/** Walks through a running server: `PORT` or `MARKSHEET_URL` say which one. */
await run(async () => {
	parseCommandLine({
		usage: "npm run tour",
		about:
			"Shows a running server doing its main job: attempts, credits, statistics. PORT or MARKSHEET_URL say which server.",
	});
	await tour(serverUrl(), readSigner(stateDir()));
});
