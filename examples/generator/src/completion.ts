import { z } from "zod";
import { GenerationFailure } from "./problem.ts";

/** What a provider said, whole. */
export interface Completion {
	text: string;
	/** Its claim of what it used, not looked at yet. */
	usage: unknown;
}

const choice = z.looseObject({
	delta: z.looseObject({ content: z.string().nullish() }).nullish(),
	message: z.looseObject({ content: z.string().nullish() }).nullish(),
	finish_reason: z.string().nullish(),
});
/** A chunk of a stream, or the answer of a provider that does not stream. */
const messageSchema = z.looseObject({
	choices: z.array(choice).nullish(),
	usage: z.unknown().optional(),
	error: z.unknown().optional(),
});

/**
 * Reads a chat completion: server-sent events until `[DONE]`, or, where the provider ignored `stream`, one JSON document.
 * @throws GenerationFailure for what is neither, and for a stream that ends before the answer does
 */
export async function readCompletion(lines: AsyncIterable<string>): Promise<Completion> {
	const completion: Completion & { finished: boolean } = { text: "", usage: undefined, finished: false };
	const document: string[] = [];
	let event: string[] = [];
	for await (const line of lines) {
		if (document.length > 0 || (event.length === 0 && line.trimStart().startsWith("{"))) document.push(line);
		else if (line.startsWith("data:")) event.push(line.slice("data:".length).trimStart());
		else if (line === "" && event.length > 0) {
			if (event.join("") === DONE) return completion;
			take(completion, event.join("\n"));
			event = [];
		}
	}
	const last = document.length > 0 ? document.join("\n") : event.join("\n");
	if (last !== "" && last !== DONE) take(completion, last);
	if (last === DONE || completion.finished) return completion;
	throw new GenerationFailure("provider-failed", "The provider's stream broke off.");
}

const DONE = "[DONE]";

function take(completion: Completion & { finished: boolean }, text: string): void {
	const message = messageSchema.safeParse(jsonIn(text));
	if (!message.success) throw new GenerationFailure("provider-failed", "The provider sent what is no completion.");
	const { choices, usage, error } = message.data;
	if (error != null) throw new GenerationFailure("provider-failed", "The provider reported an error in its answer.");
	const first = choices?.[0];
	completion.text += first?.delta?.content ?? first?.message?.content ?? "";
	completion.finished ||= first?.finish_reason != null || first?.message != null;
	// The last chunk has the sum; those before it have null, or what was used so far.
	completion.usage = usage ?? completion.usage;
}

function jsonIn(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
