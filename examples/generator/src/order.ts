import { z } from "zod";
import { ID_PATTERNS } from "../../../src/domain/ids.ts";
import { QUIZ_TITLE_CHARS_MAX } from "../../../src/domain/quizzes/limits.ts";
import { linesOf, TooLarge } from "./lines.ts";
import { Problem } from "./problem.ts";
import { QUESTIONS_MAX } from "./settings.ts";

const BODY_BYTES_MAX = 10_000;
/** Leaves room for a prefix within Marksheet's limit of 255. */
const KEY_CHARS_MAX = 200;

const bodySchema = z.strictObject({
	user: z.string().regex(ID_PATTERNS.user),
	tenant: z.string().regex(ID_PATTERNS.tenant),
	topic: z.string().trim().min(1).max(QUIZ_TITLE_CHARS_MAX),
	questions: z.int().min(1).max(QUESTIONS_MAX),
});

/** What is to be generated, for whom, and in whose name the draft is made. */
export interface Order extends z.output<typeof bodySchema> {
	/** The `Idempotency-Key`: it names the generation. */
	key: string;
	/** The caller's own `Authorization`, for Marksheet to judge. */
	authorization: string;
}

/** @throws Problem 400, 401, 413 */
export async function orderIn(request: Request): Promise<Order> {
	const authorization = request.headers.get("Authorization");
	if (!authorization) throw new Problem(401, "unauthenticated", "Send the Authorization that Marksheet takes.");
	const key = request.headers.get("Idempotency-Key");
	if (key === null) {
		const detail = "Send an Idempotency-Key header that is new for each generation and the same for its retries.";
		throw new Problem(400, "idempotency-key-required", detail);
	}
	if (key.length > KEY_CHARS_MAX || !/^[\x21-\x7e]+$/.test(key)) {
		const detail = `The Idempotency-Key must be 1 to ${KEY_CHARS_MAX} visible ASCII characters.`;
		throw new Problem(400, "invalid-request", detail);
	}
	const body = bodySchema.safeParse(await jsonOf(request));
	if (body.success) return { ...body.data, key, authorization };
	const errors = body.error.issues.map(({ path, message }) => ({ pointer: `/${path.join("/")}`, detail: message }));
	throw new Problem(400, "invalid-request", "The body is not valid.", { errors: errors.slice(0, 20) });
}

async function jsonOf(request: Request): Promise<unknown> {
	try {
		const lines: string[] = [];
		if (request.body) for await (const line of linesOf(request.body, BODY_BYTES_MAX)) lines.push(line);
		return JSON.parse(lines.join("\n"));
	} catch (error) {
		if (error instanceof TooLarge) throw new Problem(413, "payload-too-large", `At most ${BODY_BYTES_MAX} bytes.`);
		throw new Problem(400, "invalid-request", "The body is not JSON.");
	}
}
