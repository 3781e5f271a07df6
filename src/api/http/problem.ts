import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { platformFault } from "../../domain/platform-faults.ts";
import type { InputFault, Refusal, RefusalCode } from "../../domain/result.ts";
import { type HonoEnv, publicOriginOf } from "../../env.ts";
import { logLine, reason, stackOf, word } from "../../log-line.ts";

/** Every problem that the service can answer with: its status, its title, and what a client can do about it. */
export const PROBLEMS = {
	"invalid-request": [400, "The request is not valid", "Mend the fields that `errors` names and send it again."],
	"idempotency-key-required": [
		400,
		"An Idempotency-Key is required",
		"Send an `Idempotency-Key` header with a value of your own that is new for each request and the same for its retries.",
	],
	unauthenticated: [
		401,
		"A valid credential is required",
		"Send `Authorization: Bearer <token>` with a token that has not expired.",
	],
	"insufficient-credits": [402, "Not enough credits", "`available` says what there is, `needed` what was asked for."],
	forbidden: [
		403,
		"Not allowed",
		"The token lacks a scope that the operation needs, which `required_scope` names; it is of another tenant than its user; or `reason` says why.",
	],
	"not-entitled": [403, "Not entitled to credits", "This user was never granted credits. Grant some first."],
	"not-found": [404, "Not found", "There is no such thing, or you may not know of it."],
	"method-not-allowed": [405, "Method not allowed", "The `Allow` header lists the methods of this path."],
	conflict: [409, "Conflict", "The state of the thing, or a limit on how many there may be, does not permit it."],
	"hold-already-settled": [
		409,
		"The hold was settled",
		"A hold ends once. `settled` says what was charged, `ended_at` when.",
	],
	"hold-already-released": [409, "The hold was released", "A hold ends once; its credits went back. Reserve again."],
	"hold-expired": [
		409,
		"The hold ran out",
		"Its credits went back when it ran out. Reserve again, with a longer `ttl_s`.",
	],
	"attempt-already-submitted": [
		409,
		"The attempt was submitted",
		"An attempt is submitted once; `submitted_at` says when. Read it.",
	],
	"share-exhausted": [410, "The share was used up", "Its owner allowed so many uses. Ask for another code."],
	"share-expired": [410, "The share has expired", "`expires_at` says when. Ask its owner for another code."],
	"share-revoked": [
		410,
		"The share was revoked",
		"Its owner took it back. Nothing that it gave is left, except for copies.",
	],
	"precondition-failed": [
		412,
		"It was changed since you read it",
		"Read it again and send its current ETag in `If-Match`.",
	],
	"payload-too-large": [413, "The body is too large", "`limit_bytes` is the most that a body may have."],
	"unsupported-media-type": [
		415,
		"The body's type is not taken here",
		"Send `Content-Type: application/json`, or the image's own type with an image, and no `Content-Encoding`.",
	],
	"attempt-limit-reached": [
		422,
		"No further attempt is allowed",
		"`attempts_max` says how often the quiz may be taken, `attempts` how often you have taken it.",
	],
	"deadline-passed": [
		422,
		"The time for it is over",
		"`deadline` is when it ended, `received_at` when this arrived. What was saved in time stays: read the attempt.",
	],
	"quiz-not-open": [
		422,
		"The quiz cannot be taken now",
		"`opens_at` says from when on it can be, `closes_at` until when it could be.",
	],
	"capture-exceeds-hold": [422, "More than was held", "`allowed` is the most that this hold's policy lets be settled."],
	"idempotency-key-reused": [
		422,
		"The Idempotency-Key was used for another request",
		"A key belongs to one request. Send a new request with a new key.",
	],
	"precondition-required": [428, "If-Match is required", "Read the thing and send its ETag in `If-Match`."],
	"rate-limited": [429, "Too many", "`Retry-After` says when to come back; `rule` which rule it was."],
	"internal-error": [
		500,
		"Something went wrong here",
		"It is our fault and was recorded under `request_id`. Nothing was changed by a failed command; a retry with the same key is safe.",
	],
	unavailable: [503, "Not available for the moment", "Try again; `Retry-After` says when."],
} as const satisfies Record<string, readonly [ContentfulStatusCode, title: string, advice: string]>;

/** How many faults a problem document names: a body of the greatest size can have a hundred thousand. */
const ERRORS_MAX = 100;

export type ProblemCode = keyof typeof PROBLEMS;

export function isProblemCode(code: string): code is ProblemCode {
	return Object.hasOwn(PROBLEMS, code);
}

/** By status, as they stand above. */
export const PROBLEM_CODES = Object.keys(PROBLEMS).filter(isProblemCode);

export interface Problem {
	type: string;
	title: string;
	status: number;
	detail: string;
	instance: string;
	code: ProblemCode;
	request_id: string;
	errors?: InputFault[];
}

/** Throw it anywhere in the API to answer with a problem document. `members` become further members of it. */
export class ProblemError extends Error {
	readonly code: ProblemCode;
	readonly members: Record<string, unknown>;
	readonly headers: Record<string, string>;

	constructor(
		code: ProblemCode,
		detail: string,
		members: Record<string, unknown> = {},
		headers: Record<string, string> = {},
	) {
		super(detail);
		this.code = code;
		this.members = members;
		this.headers = headers;
	}
}

/** How a credential is asked for (RFC 6750). */
export const CHALLENGE = 'Bearer realm="marksheet"';

/** The domain's refusals have the codes of problems; a new one without a problem does not compile. */
export function refusalProblem({ code, detail, ...members }: Refusal, now: number): ProblemError {
	const known: RefusalCode & ProblemCode = code;
	const headers: Record<string, string> = {};
	if ("retry_at" in members) headers["Retry-After"] = String(Math.max(1, Math.ceil((members.retry_at - now) / 1_000)));
	if ("current_etag" in members) headers.ETag = members.current_etag;
	if (code === "unauthenticated") headers["WWW-Authenticate"] = CHALLENGE;
	return new ProblemError(known, detail, members, headers);
}

export const invalid = (detail: string, errors: InputFault[]) =>
	new ProblemError("invalid-request", detail, { errors });

/** Anything thrown becomes a problem document; what is not a {@link ProblemError} says nothing of its inside. */
export function problemResponse(c: Context<HonoEnv>, error: unknown): Response {
	const request_id: string = c.get("request_id") ?? "";
	const known = error instanceof ProblemError ? error : unknownProblem(error, request_id);
	const [status, title] = PROBLEMS[known.code];
	const { pathname } = new URL(c.req.url);
	const type = `${publicOriginOf(c.env)}/problems/${known.code}`;
	const own = { type, title, status, detail: known.message, instance: pathname, code: known.code, request_id };
	const { errors, ...members } = known.members;
	// A refusal's own members come after these and never in their place: a hold has a `status` too.
	const body = { ...own, ...members, ...own, ...(Array.isArray(errors) && { errors: errors.slice(0, ERRORS_MAX) }) };
	for (const [name, value] of Object.entries(known.headers)) c.header(name, value);
	c.header("Cache-Control", "no-store");
	return c.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" });
}

function unknownProblem(error: unknown, request_id: string): ProblemError {
	logLine("error", { at: "api", request_id: word(request_id), error: reason(error), stack: stackOf(error) });
	return platformProblem(error) ?? new ProblemError("internal-error", "The fault was recorded.");
}

/** What a fault of the platform is to a client: that it may come back; null for any other error. */
export function platformProblem(error: unknown): ProblemError | null {
	const fault = platformFault(error);
	if (!fault) return null;
	const retry_after = { "Retry-After": String(fault.retry_after_s) };
	return new ProblemError("unavailable", "Something below does not answer. Try again later.", {}, retry_after);
}
