import { type Completion, readCompletion } from "./completion.ts";
import { linesOf, TooLarge } from "./lines.ts";
import { GenerationFailure } from "./problem.ts";
import type { Settings } from "./settings.ts";

/** A chunk of a stream wraps a few characters in some 300 bytes. */
const ANSWER_BYTES_MAX = 8_000_000;

/**
 * One chat completion, with bounds on its time and bytes.
 * @throws GenerationFailure, and nothing else: whatever a provider does is an outcome of the generation
 */
export async function complete(settings: Settings, prompt: string): Promise<Completion> {
	const signal = AbortSignal.timeout(settings.TIMEOUT_MS);
	try {
		const response = await fetch(`${settings.PROVIDER_URL}/chat/completions`, {
			method: "POST",
			signal,
			// A redirection would carry the key to wherever it points.
			redirect: "manual",
			headers: { Authorization: `Bearer ${settings.PROVIDER_KEY}`, "Content-Type": "application/json" },
			body: JSON.stringify({
				model: settings.MODEL,
				messages: [{ role: "user", content: prompt }],
				stream: true,
				stream_options: { include_usage: true },
				response_format: { type: "json_object" },
			}),
		});
		if (response.ok && response.body) return await readCompletion(linesOf(response.body, ANSWER_BYTES_MAX));
		await response.body?.cancel();
		throw new GenerationFailure("provider-failed", `The provider answered ${response.status}.`);
	} catch (error) {
		if (signal.aborted) throw new GenerationFailure("provider-timeout", `No answer within ${settings.TIMEOUT_MS} ms.`);
		if (error instanceof GenerationFailure) throw error;
		if (error instanceof TooLarge) throw new GenerationFailure("provider-failed", `The answer has ${error.message}.`);
		throw new GenerationFailure("provider-failed", "The connection to the provider broke.");
	}
}

/** More than any answer within the bounds costs. */
const TOKENS_MAX = 1_000_000;

export const USAGE_NOTES = ["as reported", "clamped", "ignored", "missing"] as const;
export interface Usage {
	tokens_used: number | null;
	/** What was made of the provider's claim. */
	usage: (typeof USAGE_NOTES)[number];
}

/** The provider's claim as far as it can be believed. It is for statistics only: what is charged are questions. */
export function usageIn(claim: unknown): Usage {
	if (claim == null) return { tokens_used: null, usage: "missing" };
	const total = typeof claim === "object" && "total_tokens" in claim ? claim.total_tokens : undefined;
	if (typeof total !== "number" || !Number.isInteger(total) || total < 0) {
		return { tokens_used: null, usage: "ignored" };
	}
	return total > TOKENS_MAX
		? { tokens_used: TOKENS_MAX, usage: "clamped" }
		: { tokens_used: total, usage: "as reported" };
}
