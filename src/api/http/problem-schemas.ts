import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Refusal } from "../../domain/result.ts";
import { type AnswerHeader, headersNamed } from "./answer-headers.ts";
import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from "./problem.ts";

/** What problem documents look like, by code: one schema for each, and one response for each set of codes of one status. */

const time = (description: string) => z.int().describe(`${description}; milliseconds since the epoch`);
const credits = (description: string) => z.int().min(0).describe(description);

const fault = z
	.object({
		in: z
			.enum(["path", "query", "header"])
			.optional()
			.describe("What the pointer points into; absent where it is the body"),
		pointer: z.string().describe("JSON pointer (RFC 6901) of the field, as in `/answers/3`; empty for the whole"),
		detail: z.string().describe("What is wrong with it, for people"),
	})
	.openapi("InputFault");

/** What every problem document has (RFC 9457). */
const HEAD = {
	type: z.string().describe("Address on this server that explains the problem"),
	title: z.string().describe("What kind of problem it is, for people"),
	status: z.int().min(400).max(599).describe("The status of the answer"),
	detail: z.string().describe("What happened here, for people"),
	instance: z.string().describe("Path of the request"),
};
const request_id = z.string().describe("The `X-Request-Id` of the answer: what the service's log has it under");

/** What a refusal says besides, which its problem says too. */
type MembersOf<C> = Omit<Extract<Refusal, { code: C }>, "code" | "detail" | "status">;

/** Further members of some problems. A refusal of the domain whose members are not all here does not compile. */
const MEMBERS = {
	"invalid-request": {
		errors: z.array(fault).max(100).describe("The fields that are wrong, at most the first hundred"),
	},
	forbidden: {
		required_scope: z.string().optional().describe("The scope that the token lacks, where it is for that"),
		reason: z
			.enum(["email-not-verified"])
			.optional()
			.describe("Why it is not allowed, where that is not a scope: the address has not been confirmed yet"),
	},
	"insufficient-credits": {
		available: credits("Credits that there are"),
		needed: credits("Credits that were asked for"),
	},
	"hold-already-settled": { settled: credits("Credits that were charged"), ended_at: time("When it was settled") },
	"hold-already-released": { ended_at: time("When it was released") },
	"hold-expired": { ended_at: time("When it ran out") },
	"share-exhausted": { max_uses: z.int().min(1).describe("How many users could use it") },
	"share-expired": { expires_at: time("When it expired") },
	"share-revoked": { revoked_at: time("When its owner took it back") },
	"precondition-failed": { current_etag: z.string().describe("ETag of what is there now, as `ETag` says it too") },
	"payload-too-large": { limit_bytes: z.int().min(1).describe("Bytes that a body may have at most") },
	"attempt-limit-reached": {
		attempts_max: z.int().min(1).describe("How often the quiz may be taken"),
		attempts: z.int().min(0).describe("How often the user has taken it"),
	},
	"attempt-already-submitted": { submitted_at: time("When it was submitted") },
	"deadline-passed": { deadline: time("Until when answers counted"), received_at: time("When these arrived") },
	"quiz-not-open": {
		opens_at: time("From when on it can be taken").optional(),
		closes_at: time("Until when it could be taken").optional(),
	},
	"capture-exceeds-hold": {
		held: credits("Credits that are held"),
		requested: credits("Credits that were to be charged"),
		allowed: credits("Credits that the hold's policy lets be charged at most"),
	},
	"rate-limited": {
		rule: z.string().describe("Which limit it is: a class of requests, as `RateLimit-Policy` names it, or `daily-cap`"),
		limit: z.int().min(0).describe("How many of what the limit counts are let through, requests or credits"),
		retry_at: time("When to come back, as `Retry-After` says it too"),
		period_s: z.int().min(1).optional().describe("Seconds that the limit counts over; absent where it is a day, UTC"),
	},
} as const satisfies {
	[C in Refusal["code"] as keyof MembersOf<C> extends never ? never : C]: ShapeOf<MembersOf<C>>;
} & Partial<Record<ProblemCode, z.core.$ZodLooseShape>>;

type ShapeOf<T> = { [K in keyof T]-?: z.ZodType };

const EXAMPLES: { [C in keyof typeof MEMBERS]: z.input<z.ZodObject<(typeof MEMBERS)[C]>> } = {
	"invalid-request": { errors: [{ pointer: "/amount", detail: "Too small: expected number to be >=1" }] },
	forbidden: { required_scope: "credits:reserve" },
	"insufficient-credits": { available: 3, needed: 5 },
	"hold-already-settled": { settled: 4, ended_at: 1795211110500 },
	"hold-already-released": { ended_at: 1795211110500 },
	"hold-expired": { ended_at: 1795211110500 },
	"share-exhausted": { max_uses: 1 },
	"share-expired": { expires_at: 1795211110500 },
	"share-revoked": { revoked_at: 1795211110500 },
	"precondition-failed": { current_etag: '"3-1"' },
	"payload-too-large": { limit_bytes: 1_500_000 },
	"attempt-limit-reached": { attempts_max: 2, attempts: 2 },
	"attempt-already-submitted": { submitted_at: 1795211110500 },
	"deadline-passed": { deadline: 1795211110500, received_at: 1795211114321 },
	"quiz-not-open": { opens_at: 1795219200000 },
	"capture-exceeds-hold": { held: 5, requested: 9, allowed: 7 },
	"rate-limited": { rule: "daily-cap", limit: 200, retry_at: 1795219200000 },
};

const hasMembers = (code: ProblemCode): code is keyof typeof MEMBERS => Object.hasOwn(MEMBERS, code);

/** As in `InsufficientCredits`. */
const nameOf = (code: ProblemCode) => code.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The schema of a problem, with its own code and members. */
export function problemSchema(code: ProblemCode) {
	const members: z.core.$ZodLooseShape = hasMembers(code) ? MEMBERS[code] : {};
	return z
		.object({ ...HEAD, code: z.literal(code).describe("What a client goes by"), request_id, ...members })
		.openapi(`${nameOf(code)}Problem`, { description: PROBLEMS[code][1] });
}

function exampleOf(code: ProblemCode) {
	const [status, title, detail] = PROBLEMS[code];
	const members = hasMembers(code) ? EXAMPLES[code] : {};
	const request_id = "7b0c5d34-2b1e-4f0a-9d3b-0c6a5d1e8f42";
	return { type: `/problems/${code}`, title, status, detail, instance: "/v1/users/me", code, request_id, ...members };
}

/** By name, the codes of each response that an operation refers to: what is together there has one status. */
const referred = new Map<string, readonly ProblemCode[]>();

/** Problem responses for the OpenAPI document: for each status a reference to the response for its codes. */
export function problemResponses(codes: readonly ProblemCode[]): Record<number, { $ref: string }> {
	const byStatus = Map.groupBy(
		PROBLEM_CODES.filter((code) => codes.includes(code)),
		(code) => PROBLEMS[code][0],
	);
	const responses: Record<number, { $ref: string }> = {};
	for (const [status, together] of byStatus) {
		const name = together.map(nameOf).join("Or");
		referred.set(name, together);
		responses[status] = { $ref: `#/components/responses/${name}` };
	}
	return responses;
}

/** What a refusal of a command says of it, as its success does. */
const OF_COMMANDS: AnswerHeader[] = ["Idempotent-Replayed", "Sync-Seq"];

/** Besides those that every answer has. */
const HEADERS: Partial<Record<ProblemCode, AnswerHeader[]>> = {
	unauthenticated: ["WWW-Authenticate"],
	"precondition-failed": ["ETag"],
	"rate-limited": ["RateLimit", "Retry-After"],
	unavailable: ["Retry-After"],
	"not-found": ["x-d1-bookmark"],
};

/** Faults of a request that is refused before any command is asked for. */
const BEFORE_COMMANDS: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
	"unauthenticated",
	"payload-too-large",
	"unsupported-media-type",
	"method-not-allowed",
	"internal-error",
	"unavailable",
]);

const headersOf = (code: ProblemCode): AnswerHeader[] => [
	...(HEADERS[code] ?? []),
	...(BEFORE_COMMANDS.has(code) ? [] : OF_COMMANDS),
];

/** Adds the responses that operations refer to, and the schemas of their problems. */
export function registerProblems(registry: OpenAPIHono["openAPIRegistry"]): void {
	const used = new Set([...referred.values()].flat());
	for (const code of used) registry.register(`${nameOf(code)}Problem`, problemSchema(code));
	for (const [name, codes] of referred) registry.registerComponent("responses", name, responseOf(codes));
}

function responseOf(codes: readonly ProblemCode[]) {
	const refs = codes.map((code) => [code, `#/components/schemas/${nameOf(code)}Problem`] as const);
	const [[, only] = []] = refs;
	const oneOf = refs.map(([, $ref]) => ({ $ref }));
	const discriminator = { propertyName: "code", mapping: Object.fromEntries(refs) };
	const schema = refs.length === 1 && only ? { $ref: only } : { oneOf, discriminator };
	const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }]));
	return {
		description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code][2]}`).join("\n\n"),
		headers: headersNamed(["RateLimit-Policy", "X-Request-Id", ...codes.flatMap(headersOf)]),
		content: { "application/problem+json": { schema, examples } },
	};
}
