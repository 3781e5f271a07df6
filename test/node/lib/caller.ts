import { readSigner, signToken } from "../../../dev/signer.ts";

export interface Answer<T> {
	status: number;
	headers: Headers;
	/** What the caller expects of this path; a test looks at it and fails where it is not so. */
	body: T;
}

/** One user who calls the server, once per call: no retries, so that a test sees each answer as it came. */
export interface Caller {
	user: string;
	call<T = { [name: string]: unknown }>(
		method: string,
		path: string,
		body?: unknown,
		headers?: Record<string, string>,
	): Promise<Answer<T>>;
	/** The same, where anything but a success is a failure of the test. */
	ok<T = { [name: string]: unknown }>(
		method: string,
		path: string,
		body?: unknown,
		headers?: Record<string, string>,
	): Promise<T>;
}

/**
 * Paths are below `/v1/users/me/`, unless they begin with a slash. Every POST has a key, a fresh one unless told which. A body of bytes
 * goes as it is, and any other as JSON.
 */
export async function newCaller(url: string, folder: string, user: string): Promise<Caller> {
	const token = await signToken(readSigner(folder), { subject: user });
	const call: Caller["call"] = async (method, path, body, headers = {}) => {
		const response = await fetch(url + (path.startsWith("/") ? path : `/v1/users/me/${path}`), {
			method,
			body: body === undefined ? null : body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body),
			headers: {
				Authorization: `Bearer ${token}`,
				...(body !== undefined && { "Content-Type": "application/json" }),
				...(method === "POST" && { "Idempotency-Key": crypto.randomUUID() }),
				...headers,
			},
		});
		return { status: response.status, headers: response.headers, body: await response.json() };
	};
	return {
		user,
		call,
		ok: async (method, path, body, headers) => {
			const answer = await call<never>(method, path, body, headers);
			if (answer.status < 300) return answer.body;
			throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
		},
	};
}
