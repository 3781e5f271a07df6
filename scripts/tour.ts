import { run } from "./lib/failure.ts";
import { serverUrl, stateDir } from "./lib/settings.ts";
import { readSigner } from "./lib/signer.ts";
import { tour } from "./lib/tour.ts";

/** Walks through a running server: `PORT` or `MARKSHEET_URL` say which one. */
await run(async () => {
	await tour(serverUrl(), readSigner(stateDir()));
});
