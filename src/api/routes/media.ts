import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { putMedia } from "../../catalog/media-objects.ts";
import { MEDIA_TYPES } from "../../domain/image-headers.ts";
import { MEDIA_BYTES_MAX } from "../../domain/limits.ts";
import { examine, type Image, isMediaType } from "../../domain/media.ts";
import { type HonoEnv, publicOriginOf } from "../../env.ts";
import { answer, found } from "../answer.ts";
import { readLimited } from "../json-body.ts";
import { cursorIn, page, pageOf, pageQuery } from "../paging.ts";
import { invalid, ProblemError, refusalProblem } from "../problem.ts";
import { changed, changeHeaders, keyedHeaders, needs, newApp, route, shows } from "../route.ts";
import * as schemas from "../schemas.ts";
import { userCall } from "../user-call.ts";

const path = "/v1/users/{user}/media";
const tag = "media";
const userParams = z.object({ user: schemas.userParam });
const mediaParams = userParams.extend({ media: schemas.mediaHash });
const seqCursor = z.int().min(0);

/** Own images. */
export const media = newApp();

media.openapi(
	route(
		{
			method: "post",
			path,
			tag,
			operationId: "uploadMedia",
			summary: "Upload an image",
			...needs(
				"quizzes:write",
				`The body is the image: PNG, JPEG, WebP or GIF, at most ${MEDIA_BYTES_MAX} bytes. The same bytes again are the same ` +
					"medium. One that no draft and no version names is dropped after 30 days.",
			),
			request: { params: userParams, headers: keyedHeaders, body: schemas.imageBody },
			responses: changed(201, schemas.medium, "The image"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const { image, bytes } = await uploadOf(c);
		const room = found(await shard.media.room(call, image), "user");
		if (!room.ok) throw refusalProblem(room.refusal, call.now);
		await putMedia(c.env.CONTENT, image, bytes, call.user);
		const { value, status } = await answer(c, call, await shard.media.add(call, image), 201);
		return c.json({ ...value, url: addressOf(c, value.media) }, status);
	},
);

media.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listMedia",
		summary: "Own images, newest first, with how often each is used",
		...needs("quizzes:write"),
		request: { params: userParams, query: pageQuery },
		responses: shows(pageOf(schemas.usedMedium), "A page of images"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const before = cursorIn(c, seqCursor, cursor) ?? Number.MAX_SAFE_INTEGER;
		const { call, shard } = await userCall(c, c.req.valid("param").user, "quizzes:write");
		const rows = found(await shard.media.list(call, before, limit + 1), "user");
		const items = rows.slice(0, limit);
		const next = rows.length > limit ? (items.at(-1)?.seq ?? null) : null;
		const shown = items.map(({ medium }) => ({ ...medium, url: addressOf(c, medium.media) }));
		return c.json(page(c, shown, next), 200);
	},
);

media.openapi(
	route(
		{
			method: "delete",
			path: `${path}/{media}`,
			tag,
			operationId: "removeMedia",
			summary: "Let go of an image",
			...needs("quizzes:write", "Refused while a draft or a version names it."),
			request: { params: mediaParams, headers: changeHeaders },
			responses: changed(200, schemas.medium, "The image as it was"),
		},
		"conflict",
	),
	async (c) => {
		const { user, media: hash } = c.req.valid("param");
		const { call, shard } = await userCall(c, user, "quizzes:write");
		const { value, status } = await answer(c, call, await shard.media.remove(call, hash), 200);
		return c.json({ ...value, url: addressOf(c, value.media) }, status);
	},
);

const addressOf = (c: Context<HonoEnv>, hash: string) => `${publicOriginOf(c.env)}/v1/media/${hash}`;

/** Reads the body, no further than its limit, and what it is. */
async function uploadOf(c: Context<HonoEnv>): Promise<{ image: Image; bytes: Uint8Array }> {
	const header = c.req.header("Content-Type");
	const type = header?.split(";")[0]?.trim().toLowerCase() ?? "";
	if (!isMediaType(type)) {
		const detail = header ? `The body's type is ${header}` : "The body has no Content-Type";
		throw new ProblemError("unsupported-media-type", `${detail}; it must be one of ${MEDIA_TYPES.join(", ")}.`);
	}
	const encoding = c.req.header("Content-Encoding");
	if (encoding && encoding !== "identity") {
		throw new ProblemError("unsupported-media-type", "Bodies are not decompressed; send it without Content-Encoding.");
	}
	const announced = Number(c.req.header("Content-Length") ?? 0);
	const bytes = await readLimited(c.req.raw.body, announced, MEDIA_BYTES_MAX);
	const examined = examine(type, bytes);
	if (!examined.ok) throw invalid("The body is not an image that can be taken.", [examined.fault]);
	const hash = createHash("sha256").update(bytes).digest("hex");
	return { image: { media: hash, ...examined.image }, bytes };
}
