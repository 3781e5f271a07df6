/** An answer that is not a success, as RFC 9457 has it. Throw it anywhere; index.ts answers with it. */
export class Problem extends Error {
	readonly status: number;
	readonly code: string;
	readonly members: Record<string, unknown>;

	constructor(status: number, code: string, detail: string, members: Record<string, unknown> = {}) {
		super(detail);
		this.status = status;
		this.code = code;
		this.members = members;
	}
}

/** How a generation can fail. The hold's `reason` says it too. */
export const FAILURES = {
	"provider-failed": [502, "The AI provider did not answer"],
	"provider-timeout": [504, "The AI provider took too long"],
	"answer-invalid": [502, "The AI provider's answer cannot be read"],
	"no-valid-question": [422, "No valid question came of this topic"],
	"quiz-refused": [422, "Marksheet refused the quiz"],
	"not-paid": [402, "There were not enough credits any more"],
} as const satisfies Record<string, readonly [status: number, title: string]>;
export type FailureCode = keyof typeof FAILURES;
export const FAILURE_CODES = Object.keys(FAILURES) as FailureCode[];

/** Thrown on the way to an answer; generation.ts makes it the outcome of the generation. */
export class GenerationFailure extends Error {
	readonly code: FailureCode;

	constructor(code: FailureCode, detail: string) {
		super(detail);
		this.code = code;
	}
}

export function problemResponse(error: unknown): Response {
	const problem = error instanceof Problem ? error : unknownProblem(error);
	const { status, code, members } = problem;
	// A refusal's own members never take the place of these: a hold has a `status` too.
	const body = { title: code, ...members, status, detail: problem.message, code };
	const headers = new Headers({ "Content-Type": "application/problem+json", "Cache-Control": "no-store" });
	if (typeof members.retry_at === "number") {
		headers.set("Retry-After", String(Math.max(1, Math.ceil((members.retry_at - Date.now()) / 1_000))));
	}
	return new Response(JSON.stringify(body), { status, headers });
}

function unknownProblem(error: unknown): Problem {
	console.error(JSON.stringify({ at: "generator", error: error instanceof Error ? error.stack : String(error) }));
	return new Problem(500, "internal-error", "The fault was recorded. A retry with the same key is safe.", {
		title: "Something went wrong here",
	});
}
