import { Client } from "../../dev/client.ts";
import { Failure, reasonOf } from "../../dev/failure.ts";
import { type Signer, signToken } from "../../dev/signer.ts";
import type { Answer, Call, History, Request } from "./history.ts";

const ANSWER_MS_MAX = 10_000;
/** A tenant of its own, whose sums nobody else adds to. */
const TENANT = "ten_crash";

/** Sends the users' requests and writes down what came of each. */
export class Caller {
	readonly #url: string;
	readonly #tokens: Tokens;
	readonly #history: History;

	constructor(url: string, tokens: Tokens, history: History) {
		this.#url = url;
		this.#tokens = tokens;
		this.#history = history;
	}

	/** @param patience_ms when the caller gives up; the server goes on all the same */
	async call(
		request: Request,
		{ round, writer }: Pick<Call, "round" | "writer">,
		patience_ms = ANSWER_MS_MAX,
	): Promise<Call> {
		const started = performance.now();
		let outcome: Pick<Call, "answer" | "lost" | "server_error">;
		try {
			const answer = await this.#send(request, patience_ms);
			const { status } = answer;
			outcome = status < 500 ? { answer } : { answer: null, lost: `answered ${status}`, server_error: status };
		} catch (error) {
			outcome = { answer: null, lost: reasonOf(error) };
		}
		const call = { request, round, writer, started, ended: performance.now(), ...outcome };
		this.#history.add(call);
		return call;
	}

	async #send(request: Request, patience_ms: number): Promise<Answer> {
		const { user, method, path, body, key, etag, wait_s } = request;
		const response = await fetch(`${this.#url}/v1/users/me${path}`, {
			method,
			signal: AbortSignal.timeout(patience_ms),
			...(body !== null && { body: JSON.stringify(body) }),
			headers: {
				Authorization: `Bearer ${this.#tokens.users.get(user)}`,
				...(body !== null && { "Content-Type": "application/json" }),
				...(key !== null && { "Idempotency-Key": key }),
				...(etag !== undefined && { "If-Match": etag }),
				...(wait_s !== undefined && { Prefer: `wait=${wait_s}` }),
			},
		});
		const seq = response.headers.get("Sync-Seq");
		return {
			status: response.status,
			seq: seq === null ? null : Number(seq),
			replayed: response.headers.get("Idempotent-Replayed") === "true",
			waited: response.headers.has("Preference-Applied") && response.status !== 202,
			// Every answer of the API, problems too, is a JSON object.
			body: (await response.json()) as Answer["body"],
		};
	}

	/** Reads as the user while there may be faults. Null where no answer came. */
	async look(user: string, path: string): Promise<{ status: number; body: Record<string, unknown> } | null> {
		try {
			const response = await fetch(`${this.#url}/v1/users/me${path}`, {
				headers: { Authorization: `Bearer ${this.#tokens.users.get(user)}` },
				signal: AbortSignal.timeout(ANSWER_MS_MAX),
			});
			return { status: response.status, body: (await response.json()) as Answer["body"] };
		} catch {
			return null;
		}
	}

	/** Reads as the user; for the time when there are no faults. */
	reader(user: string): Client {
		const token = this.#tokens.users.get(user);
		if (token === undefined) throw new Failure(`There is no token of ${user}.`);
		return new Client(this.#url, token);
	}

	/** Calls what is for the operator only. */
	operator(): Client {
		return new Client(this.#url, this.#tokens.operator);
	}
}

/** Tokens by user, and that of the operator. */
export interface Tokens {
	users: ReadonlyMap<string, string>;
	operator: string;
}

export async function tokensFor(signer: Signer, names: readonly string[]): Promise<Tokens> {
	const users = new Map<string, string>();
	for (const user of names) users.set(user, await signToken(signer, { subject: user, tenant: TENANT }));
	return { users, operator: await signToken(signer, { subject: "svc_operator", tenant: TENANT, scopes: ["admin"] }) };
}
