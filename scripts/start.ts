import { parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { checkNativeParts } from "../dev/native-parts.ts";
import { ANY_PORT, freePort } from "../dev/port.ts";
import { port } from "../dev/settings.ts";

/**
 * `npm start`: the whole service on this machine. Looks first at what can fail at once; wrangler and Miniflare, which
 * lib/serve.ts stands on, take a while to load.
 */
await run(async () => {
	parseCommandLine({
		usage: "npm start",
		about: `Migrates the local databases, starts the Worker, and the first time loads the seeds and shows a tour.
PORT (8787) says where it listens, STATE_DIR (.wrangler/state) where it keeps everything.`,
	});
	const wanted = port();
	if (wanted !== ANY_PORT) await freePort(wanted);
	await checkNativeParts();
	const { serve } = await import("../dev/serve.ts");
	await serve(wanted);
});
