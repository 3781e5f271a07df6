import { createServer } from "node:http";

/** `npx node examples/generator/stand-in.ts`: an OpenAI-compatible service that knows one quiz, so that the generator runs without a provider. */

const PORT = 8789;

const QUIZ = {
	title: "Volcanoes",
	questions: [
		{ question: "What is molten rock below the ground called?", options: ["Magma", "Lava"], correctAnswer: 0 },
		{ question: "Where is Etna?", options: ["Italy", "Iceland"], correctAnswer: 0 },
		{ question: "What buried Pompeii?", options: ["Vesuvius", "Stromboli"], correctAnswer: 0 },
		{ question: "This one has no right answer, so it is dropped.", options: ["Yes", "No"], correctAnswer: 7 },
	],
};

const CHUNKS = [
	{ choices: [{ index: 0, delta: { role: "assistant", content: JSON.stringify(QUIZ) }, finish_reason: null }] },
	{ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
	{ choices: [], usage: { prompt_tokens: 210, completion_tokens: 190, total_tokens: 400 } },
];

createServer((request, response) => {
	if (request.method !== "POST" || request.url !== "/v1/chat/completions") return void response.writeHead(404).end();
	response.writeHead(200, { "Content-Type": "text/event-stream" });
	for (const chunk of CHUNKS) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
	response.end("data: [DONE]\n\n");
}).listen(PORT, "127.0.0.1", () => console.log(`A stand-in for a provider listens on http://127.0.0.1:${PORT}/v1.`));
