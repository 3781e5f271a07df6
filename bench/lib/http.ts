import { Agent, request } from "node:http";

/** Requests over connections that are kept, with as little work of the load generator's own as Node allows. */

export interface Call {
	method: "GET" | "POST" | "PUT";
	path: string;
	headers?: Record<string, string>;
	/** Sent as JSON. */
	body?: object;
}

export interface Reply {
	status: number;
	text: string;
}

export class Connections {
	readonly #agent: Agent;
	readonly #host: string;
	readonly #port: number;

	/** @param sockets how many requests can be under way; further ones wait for a socket */
	constructor(url: string, sockets: number) {
		const { hostname, port } = new URL(url);
		this.#host = hostname;
		this.#port = Number(port);
		this.#agent = new Agent({ keepAlive: true, maxSockets: sockets, scheduling: "fifo" });
	}

	send({ method, path, headers, body }: Call): Promise<Reply> {
		const text = body && JSON.stringify(body);
		const bodyHeaders = text !== undefined && {
			"Content-Type": "application/json",
			"Content-Length": Buffer.byteLength(text),
		};
		return new Promise((resolve, reject) => {
			const options = { host: this.#host, port: this.#port, agent: this.#agent, method, path };
			const outgoing = request({ ...options, headers: { ...headers, ...bodyHeaders } }, (incoming) => {
				let answer = "";
				incoming.setEncoding("utf8");
				incoming.on("data", (chunk: string) => {
					answer += chunk;
				});
				incoming.once("end", () => resolve({ status: incoming.statusCode ?? 0, text: answer }));
				incoming.once("error", reject);
			});
			outgoing.once("error", reject);
			outgoing.end(text);
		});
	}

	/** @throws unless the answer has this status: a benchmark of refusals would measure nothing */
	async expect(status: number, call: Call): Promise<string> {
		const reply = await this.send(call);
		if (reply.status === status) return reply.text;
		throw new Error(
			`${call.method} ${call.path} answered ${reply.status} instead of ${status}: ${reply.text.slice(0, 300)}`,
		);
	}

	close(): void {
		this.#agent.destroy();
	}
}
