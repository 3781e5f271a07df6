import { createRoute, OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { faultsOf } from "../../domain/input-faults.ts";
import { IDEMPOTENCY_KEY_CHARS_MAX } from "../../domain/limits.ts";
import type { Scope } from "../../domain/people/roles.ts";
import type { InputFault } from "../../domain/result.ts";
import type { HonoEnv } from "../../env.ts";
import examples from "../examples.json" with { type: "json" };
import { type AnswerHeader, headersNamed } from "./answer-headers.ts";
import { inOrder } from "./in-order.ts";
import { invalid, type ProblemCode } from "./problem.ts";
import { problemResponses } from "./problem-schemas.ts";
import { onlyKnown } from "./query.ts";
import type { Tag } from "./tags.ts";

/** Problems that any operation can answer with. */
const COMMON = [
	"invalid-request",
	"unauthenticated",
	"forbidden",
	"not-found",
	"rate-limited",
	"internal-error",
	"unavailable",
] as const;
const WITH_BODY = ["payload-too-large", "unsupported-media-type"] as const;

const json = <S extends z.ZodType>(schema: S, description: string) => ({
	description,
	content: { "application/json": { schema } },
});

const PENDING = "As above; `Prefer: wait` was asked for and the catalog did not get there in time";

/**
 * Success responses of a change: the status, and 202 where a preferred wait ended too soon.
 * @param headers of its own, besides those of every change
 */
export const changed = <S extends z.ZodType, N extends 200 | 201>(
	status: N,
	schema: S,
	description: string,
	...headers: AnswerHeader[]
) => {
	const pending = headersNamed(["Preference-Applied", "Sync-Seq", ...headers]);
	return {
		[status]: { ...json(schema, description), headers: { ...pending, ...headersNamed(["x-d1-bookmark"]) } },
		202: { ...json(schema, PENDING), headers: pending },
	} as Record<N | 202, ReturnType<typeof json<S>>>;
};

/** @param headers of its own, besides those that follow from what the operation takes */
export const shows = <S extends z.ZodType>(schema: S, description: string, ...headers: AnswerHeader[]) => ({
	200: { ...json(schema, description), headers: headersNamed(headers) },
});

/** What a client may keep for a moment, and ask for again by its ETag. */
export const showsKept = <S extends z.ZodType>(schema: S, description: string) => ({
	...shows(schema, description, ...KEPT),
	...unchanged,
});
const KEPT = ["Cache-Control", "ETag"] as const;

export const unchanged = {
	304: {
		description: "The client has it already, as `If-None-Match` says",
		headers: headersNamed(["Cache-Control", "ETag"]),
	},
};

export const ifNoneMatch = z.object({
	"If-None-Match": z.string().optional().describe("ETags of what the client has"),
});

/**
 * What a change of accounts has made, which no catalog waits for.
 * @param headers of its own, besides those that follow from what the operation takes
 */
export const makes = <S extends z.ZodType>(schema: S, description: string, ...headers: AnswerHeader[]) => ({
	201: { ...json(schema, description), headers: headersNamed(headers) },
});

/** A permanent redirect that keeps the method. Its answer may change all the same, so it is not to be cached. */
export const redirects = (description: string) => ({
	308: { description, headers: headersNamed(["Location"]) },
});

/**
 * A schema of the domain as the document shows it: by another one, which is made for reading and for code generators.
 * @param name of that one in the document; {@link registerComponents} adds it
 */
export const shownAs = <S extends z.ZodType>(name: ShownSchema, schema: S) =>
	schema.openapi({ type: "object", "x-shown-as": name });

export type ShownSchema = "QuizDraft";

/** @param example for the document, where the schema has none */
export const requestBody = <S extends z.ZodType>(schema: S, example?: object) => ({
	content: { "application/json": { schema, ...(example && { example }) } },
	required: true as const,
});

/** A body that may be left out; without one there is nothing to validate. */
export const optionalBody = <S extends z.ZodType>(schema: S) => ({ content: { "application/json": { schema } } });

/** Headers that changes understand. */
export const changeHeaders = z.object({
	Prefer: z
		.string()
		.optional()
		.openapi({ description: "`wait=N`: answer once the catalog has the change, at most N ≤ 30 s" }),
});
export const keyedHeaders = changeHeaders.extend({
	"Idempotency-Key": z.string().optional().openapi({
		description: "New for each request, the same for its retries",
		minLength: 1,
		maxLength: IDEMPOTENCY_KEY_CHARS_MAX,
	}),
});

/** A header that an operation needs in some states only; the document does not call it required. */
const neededSometimes = new WeakSet<z.ZodType>();
export function sometimesNeeded<S extends z.ZodType>(header: S): S {
	neededSometimes.add(header);
	return header;
}

/** Problems that say that a header is missing: an operation that has one of them needs the header, at least in some states. */
const HEADER_MISSING: Partial<Record<ProblemCode, string>> = {
	"idempotency-key-required": "Idempotency-Key",
	"precondition-required": "If-Match",
};

type Headers = NonNullable<RouteConfig["request"]>["headers"];

/** Required in the document only: validation lets a request without them pass, so that the problem has its own code. */
function withRequired(headers: Headers, codes: readonly ProblemCode[]) {
	if (!(headers instanceof z.ZodObject)) return headers;
	const required = codes.flatMap((code) => {
		const name = HEADER_MISSING[code];
		const schema = name === undefined ? undefined : headers.shape[name];
		return name !== undefined && schema instanceof z.ZodType && !neededSometimes.has(schema)
			? [[name, schema.openapi({ param: { required: true } })] as const]
			: [];
	});
	return required.length === 0 ? headers : headers.extend(Object.fromEntries(required));
}

/** Of an operation that whoever has no credential may call too, for what is public. */
export const openRead = { security: [{ token: [] }, {}] };

/** The description of an operation that needs a scope. */
export const needs = (scope: Scope, description = "") => ({
	description: `${description} Needs \`${scope}\`.`.trim(),
});

/** What every operation says of itself. */
interface Operation extends RouteConfig {
	/** What generated clients call it, in camel case. */
	operationId: string;
	tag: Tag;
	summary: string;
	description: string;
}

/**
 * A route that also documents the problems it can answer with, the common ones and `codes`, and that takes no query parameters but
 * its own.
 */
export function route<R extends Operation>(operation: R, ...codes: ProblemCode[]): R {
	const { tag, ...config }: Operation = operation;
	const problems = problemResponses([...COMMON, ...(config.request?.body ? WITH_BODY : []), ...codes]);
	const security = config.security ?? [{ token: [] }];
	const headers = withRequired(config.request?.headers, codes);
	const request = { ...config.request, query: onlyKnown(config.request?.query), ...(headers && { headers }) };
	const shown = withHeaders(withExample(config.responses, EXAMPLES.get(config.operationId)), config.request);
	const responses = { ...shown, ...problems };
	const middleware = answersInOrder(config.responses);
	const made: RouteConfig = createRoute({ ...config, tags: [tag], request, security, responses, middleware });
	// What handlers are given is the same: the query has no other members, only other faults.
	return made as R;
}

/** What operations really answered, by their ids: `npm run record -- examples` writes it anew. */
const EXAMPLES = new Map<string, unknown>(Object.entries(examples));

/** The responses with an example of the JSON where all went well. */
function withExample(responses: RouteConfig["responses"], example: unknown): RouteConfig["responses"] {
	if (example === undefined) return responses;
	const shown = Object.entries(responses).map(([status, response]) => {
		const json = "$ref" in response ? undefined : response.content?.["application/json"];
		if (!json || "$ref" in response) return [status, response] as const;
		return [
			status,
			{ ...response, content: { ...response.content, "application/json": { ...json, example } } },
		] as const;
	});
	return Object.fromEntries(shown);
}

/** The responses with the headers that every answer has, and that follow from what the operation takes. */
function withHeaders(
	responses: RouteConfig["responses"],
	{ query, headers }: NonNullable<RouteConfig["request"]> = {},
) {
	const takes = (schema: unknown, name: string) => schema instanceof z.ZodObject && name in schema.shape;
	const names: AnswerHeader[] = ["RateLimit-Policy", "X-Request-Id"];
	if (takes(query, "cursor")) names.push("Link");
	if (takes(headers, "Idempotency-Key")) names.push("Idempotent-Replayed");
	if (takes(headers, "x-d1-bookmark")) names.push("x-d1-bookmark");
	const shown = Object.entries(responses).map(([status, response]) => {
		if ("$ref" in response) return [status, response] as const;
		return [status, { ...response, headers: { ...response.headers, ...headersNamed(names) } }] as const;
	});
	return Object.fromEntries(shown);
}

/** Has `c.json` answer with the members, and in the order, of the schema that the document has for the status. */
function answersInOrder(responses: RouteConfig["responses"]) {
	return createMiddleware<HonoEnv>(async function answersInOrder(c, next) {
		const { json } = c;
		const ordered = (value: unknown, status: ContentfulStatusCode) => {
			const response = responses[status];
			const content = response && "content" in response ? response.content?.["application/json"] : undefined;
			const schema = content && "schema" in content ? content.schema : undefined;
			return json(schema instanceof z.ZodType ? inOrder(schema, value) : value, status);
		};
		// Handlers give it a value and a status, whose types the route's own have checked.
		c.json = ordered as typeof json;
		await next();
	});
}

/** An app whose validation failures are problem documents that name each field. */
export function newApp(): OpenAPIHono<HonoEnv> {
	return new OpenAPIHono<HonoEnv>({
		defaultHook: (result) => {
			if (result.success) return;
			const place = PLACES[result.target];
			const errors = result.error.issues.flatMap((issue) => faultsOf(issue, place));
			throw invalid(`${errors.length === 1 ? "One field is" : `${errors.length} fields are`} not valid.`, errors);
		},
	});
}

const PLACES: Record<string, InputFault["in"]> = { param: "path", query: "query", header: "header" };
