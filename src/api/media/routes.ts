import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { MEDIA_TYPES } from "../../domain/media/image-headers.ts";
import { MEDIA_BYTES_MAX } from "../../domain/media/limits.ts";
import { examine, type Image, isMediaType } from "../../domain/media/media.ts";
import type { HonoEnv } from "../../env.ts";
import { addImage } from "../../service/media/add-image.ts";
import { listImages } from "../../service/media/list-images.ts";
import { removeImage } from "../../service/media/remove-image.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { readLimited } from "../http/json-body.ts";
import { cursorIn, page, pageQuery, pageSchema } from "../http/paging.ts";
import { invalid, ProblemError } from "../http/problem.ts";
import { changed, changeHeaders, keyedHeaders, needs, newApp, route, shows } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { imageBody, mediaHash, medium, usedMedium } from "./schemas.ts";

const path = "/v1/users/{user}/media";
const tag = "media";
const userParams = z.object({ user: schemas.userParam });
const mediaParams = userParams.extend({ media: mediaHash });
const seqCursor = z.int().min(0);

/** Own images. */
export const mediaRoutes = newApp();

mediaRoutes.openapi(
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
			request: { params: userParams, headers: keyedHeaders, body: imageBody },
			responses: changed(201, medium, "The image"),
		},
		...(["conflict", "idempotency-key-reused"] as const),
	),
	async (c) => {
		const input = { user: c.req.valid("param").user, upload: () => uploadOf(c) };
		const { value, status } = await answer(c, await addImage(ctxOf(c), input), 201);
		return c.json(value, status);
	},
);

mediaRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "listMedia",
		summary: "Own images, newest first, with how often each is used",
		...needs("quizzes:write"),
		request: { params: userParams, query: pageQuery },
		responses: shows(pageSchema(usedMedium, "UsedMediumPage"), "A page of images"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const input = { user: c.req.valid("param").user, before: cursorIn(c, seqCursor, cursor), limit };
		const { items, next } = valueIn(c, await listImages(ctxOf(c), input));
		return c.json(page(c, items, next), 200);
	},
);

mediaRoutes.openapi(
	route(
		{
			method: "delete",
			path: `${path}/{media}`,
			tag,
			operationId: "removeMedia",
			summary: "Let go of an image",
			...needs("quizzes:write", "Refused while a draft or a version names it."),
			request: { params: mediaParams, headers: changeHeaders },
			responses: changed(200, medium, "The image as it was"),
		},
		"conflict",
	),
	async (c) => {
		const { value, status } = await answer(c, await removeImage(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, status);
	},
);

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
