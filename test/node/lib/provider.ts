import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** What the stand-in does with a request. It must end the response, or leave it hanging. */
export type Behaviour = (response: ServerResponse) => void;

export interface Provider {
	url: string;
	/** Bodies of the requests so far. */
	requests: { model: string; stream: boolean; messages: { content: string }[] }[];
	authorizations: (string | undefined)[];
	behave: Behaviour;
	close(): Promise<void>;
}

/** A stand-in for an OpenAI-compatible service, on a port of its own. */
export async function startProvider(): Promise<Provider> {
	const provider: Provider = {
		url: "",
		requests: [],
		authorizations: [],
		behave: (response) => void response.writeHead(500).end(),
		close: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
	const answer = async (request: IncomingMessage, response: ServerResponse) => {
		const body = await text(request);
		if (request.method !== "POST" || request.url !== "/v1/chat/completions") return response.writeHead(404).end();
		provider.requests.push(JSON.parse(body));
		provider.authorizations.push(request.headers.authorization);
		return provider.behave(response);
	};
	const server = createServer((request, response) => void answer(request, response));
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");
	provider.url = `http://127.0.0.1:${address.port}/v1`;
	return provider;
}

/** Question `i` of a good answer, with an umlaut and an emoji so that characters of several bytes get cut. */
export const question = (i: number) => ({
	question: `Wörld question ${i} 🌍?`,
	options: ["one", "two", "three", `four ${i}`],
	correctAnswer: i % 4,
	explanation: "Because.",
});
export const questions = (count: number) => Array.from({ length: count }, (_, i) => question(i));
export const quizText = (list: unknown[]) => JSON.stringify({ title: "The world", questions: list });

const USAGE = { prompt_tokens: 100, completion_tokens: 23, total_tokens: 123 };

/** The events of a stream that says `text`. */
export function eventsOf(text: string, usage: unknown = USAGE): string[] {
	const parts = text.match(/[\s\S]{1,40}/g) ?? [];
	const chunk = (delta: object, finish_reason: string | null) => ({ choices: [{ index: 0, delta, finish_reason }] });
	const chunks = [
		chunk({ role: "assistant", content: "" }, null),
		...parts.map((content) => ({ ...chunk({ content }, null), usage: null })),
		chunk({}, "stop"),
		...(usage === null ? [] : [{ choices: [], usage }]),
	];
	return [...chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`), "data: [DONE]\n\n"];
}

/** Says `text` as a stream; `usage` takes the place of what it used, null leaves it out. */
export const streams =
	(text: string, usage?: unknown): Behaviour =>
	(response) => {
		response.writeHead(200, { "Content-Type": "text/event-stream" });
		response.end(eventsOf(text, usage).join(""));
	};

/** Answers at once; a text goes as it is. */
export const answers =
	(status: number, body: unknown, type = "application/json"): Behaviour =>
	(response) => {
		response.writeHead(status, { "Content-Type": type }).end(typeof body === "string" ? body : JSON.stringify(body));
	};

/** Sends the stream in pieces of `size` bytes, each in a packet of its own as far as the system lets it. */
export const streamsInPieces =
	(text: string, size: number, newline: string): Behaviour =>
	(response) => {
		const bytes = Buffer.from(`: a comment\n\nevent: message\n${eventsOf(text).join("")}`.replaceAll("\n", newline));
		response.writeHead(200, { "Content-Type": "text/event-stream" });
		const send = (at: number): void => {
			// After [DONE] the connection stays open, as with some providers.
			if (at < bytes.length) response.write(bytes.subarray(at, at + size), () => setImmediate(send, at + size));
		};
		send(0);
	};
