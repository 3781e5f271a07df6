import { parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { serverUrl, stateDir } from "../dev/settings.ts";
import { readSigner } from "../dev/signer.ts";
import { tour } from "../dev/tour.ts";

/** Walks through a running server: `PORT` or `MARKSHEET_URL` say which one. */
await run(async () => {
	parseCommandLine({
		usage: "npm run tour",
		about:
			"Shows a running server doing its main job: attempts, credits, statistics. PORT or MARKSHEET_URL say which server.",
	});
	await tour(serverUrl(), readSigner(stateDir()));
});
