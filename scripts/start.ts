import { run } from "./lib/failure.ts";
import { checkNativeParts } from "./lib/native-parts.ts";

/** `npm start`: the whole service on this machine. See lib/serve.ts. */
await run(async () => {
	await checkNativeParts();
	const { serve } = await import("./lib/serve.ts");
	await serve();
});
