import { setTimeout as pause } from "node:timers/promises";
import type { Page, Problem, SyncState } from "./contract.ts";
import { Failure, reasonOf } from "./failure.ts";

const RETRIES_MAX = 6;
const RETRY_PAUSE_MS = 250;
/** The longest period of a limit of requests. */
const RETRY_AFTER_MS_MAX = 60_000;
const REQUEST_MS_MAX = 60_000;
const CATCH_UP_MS_MAX = 60_000;
const POLL_MS = 100;

export interface RequestOptions {
	/** A text or bytes are sent as they are; anything else as its JSON. */
	body?: unknown;
	/** Of the body, where it is not JSON. */
	type?: string;
	/** Sent as Idempotency-Key, so that the request can be repeated when its answer is lost. */
	key?: string;
}

/** The size of a page, and what else the list takes. */
export interface ListOptions {
	limit?: number;
	[filter: string]: string | number | undefined;
}

export interface Answer {
	status: number;
	headers: Headers;
	/** Parsed JSON; null where there is no body. */
	body: unknown;
}

/** One caller of the API. Waits and tries again where the server asks for it, a bounded number of times. */
export class Client {
	readonly url: string;
	readonly #token: string;

	constructor(url: string, token: string) {
		this.url = url;
		this.#token = token;
	}

	/** The answer, whatever its status. */
	async send(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
		const repeatable = method !== "POST" || options.key !== undefined;
		for (let retry = 0; ; retry++) {
			const last = retry === RETRIES_MAX || !repeatable;
			try {
				const answer = await this.#once(method, path, options);
				if (last || !(answer.status === 429 || answer.status === 503)) return answer;
				await pause(pauseFor(retry, answer.headers.get("Retry-After")));
			} catch (error) {
				const refused = error instanceof TypeError && codeOf(error.cause) === "ECONNREFUSED";
				if (refused) throw new Failure(`No server answers at ${this.url}. Start one with npm start, or set PORT.`);
				if (last) throw new Failure(`${method} ${this.url}${path} fails: ${reasonOf(error)}. Is the server running?`);
				await pause(pauseFor(retry, null));
			}
		}
	}

	async #once(method: string, path: string, { body, key, type = "application/json" }: RequestOptions): Promise<Answer> {
		const headers: Record<string, string> = { Authorization: `Bearer ${this.#token}` };
		if (body !== undefined) headers["Content-Type"] = type;
		if (key !== undefined) headers["Idempotency-Key"] = key;
		const response = await fetch(this.url + path, {
			method,
			headers,
			signal: AbortSignal.timeout(REQUEST_MS_MAX),
			...(body !== undefined && {
				body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
			}),
		});
		const text = await response.text();
		const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
		return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : null };
	}

	/** Sends bytes, and gives the answer whatever its status. */
	upload(path: string, body: Uint8Array, type: string, key: string): Promise<Answer> {
		return this.send("POST", path, { body, type, key });
	}

	/** @throws Failure with the problem, unless the answer is a success */
	async get<T>(path: string): Promise<T> {
		return success<T>("GET", path, await this.send("GET", path));
	}

	async post<T>(path: string, body: unknown, key: string = crypto.randomUUID()): Promise<T> {
		return success<T>("POST", path, await this.send("POST", path, { body, key }));
	}

	/** Every item of a list, page by page. */
	async *list<T>(path: string, { limit = 100, ...filter }: ListOptions = {}): AsyncGenerator<T> {
		let cursor: string | null = null;
		do {
			const query: string = new URLSearchParams({
				...filter,
				limit: String(limit),
				...(cursor && { cursor }),
			}).toString();
			const page: Page<T> = await this.get(`${path}?${query}`);
			yield* page.items;
			cursor = page.next_cursor;
		} while (cursor !== null);
	}

	/** Waits until the catalog has applied the caller's whole log. */
	async caughtUp(): Promise<SyncState> {
		const deadline = performance.now() + CATCH_UP_MS_MAX;
		for (;;) {
			const sync = await this.get<SyncState>("/v1/users/me/sync");
			if (sync.lag === 0) return sync;
			if (performance.now() > deadline) {
				throw new Failure(`The catalog is still ${sync.lag} rows behind after ${CATCH_UP_MS_MAX / 1_000} s.`);
			}
			await pause(POLL_MS);
		}
	}
}

/** The body of a success; it has the type that the schemas of src/api give this path, since server and commands share them. */
function success<T>(method: string, path: string, { status, body }: Answer): T {
	if (status < 300) return body as T;
	throw new UnexpectedAnswer(status, `${method} ${path}: ${status} ${problemText(body)}`);
}

/** An answer that is not the success that the caller was promised. */
export class UnexpectedAnswer extends Failure {
	readonly status: number;

	constructor(status: number, message: string) {
		super(message);
		this.status = status;
	}
}

/** The problem document of an answer that is not a success; null where it has another shape, as that of a proxy may. */
export function problemOf(body: unknown): Problem | null {
	return typeof body === "object" && body !== null && "code" in body && "detail" in body ? (body as Problem) : null;
}

export function problemText(body: unknown): string {
	const problem = problemOf(body);
	if (!problem) return "without a problem document";
	const faults = problem.errors?.map(({ pointer, detail }) => ` ${pointer} ${detail}`) ?? [];
	return `${problem.code}: ${problem.detail}${faults.join(";")}`;
}

function pauseFor(retry: number, retryAfter: string | null): number {
	const asked_ms = retryAfter === null ? Number.NaN : Number(retryAfter) * 1_000;
	return Math.min(Number.isFinite(asked_ms) ? asked_ms : RETRY_PAUSE_MS * 2 ** retry, RETRY_AFTER_MS_MAX);
}

const codeOf = (cause: unknown) => (cause instanceof Error && "code" in cause ? cause.code : undefined);
