import { generate } from "./generation.ts";
import { orderIn } from "./order.ts";
import { Problem, problemResponse } from "./problem.ts";
import type { GeneratorEnv } from "./settings.ts";

/** `POST /generations`: an AI provider writes a quiz, and the user pays with credits for the questions that are valid. */
export default {
	async fetch(request, env, context) {
		try {
			if (new URL(request.url).pathname !== "/generations")
				throw new Problem(404, "not-found", "There is nothing here.");
			if (request.method !== "POST") throw new Problem(405, "method-not-allowed", "Only POST is allowed.");
			const generation = generate(env, await orderIn(request));
			// Who goes away in the middle of it stops nothing.
			context.waitUntil(generation.catch(() => {}));
			const { result, replayed } = await generation;
			const headers = { "Cache-Control": "no-store", ...(replayed && { "Idempotent-Replayed": "true" }) };
			return Response.json(result, { status: 201, headers });
		} catch (error) {
			return problemResponse(error);
		}
	},
} satisfies ExportedHandler<GeneratorEnv>;
