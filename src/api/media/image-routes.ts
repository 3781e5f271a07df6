import { z } from "@hono/zod-openapi";
import { createMiddleware } from "hono/factory";
import { isMediaType } from "../../domain/media/media.ts";
import type { HonoEnv } from "../../env.ts";
import { readImage } from "../../service/media/read-image.ts";
import { valueIn } from "../http/answer.ts";
import { headersNamed } from "../http/answer-headers.ts";
import { isKnown } from "../http/cacheable.ts";
import { ifNoneMatch, newApp, route, unchanged } from "../http/route.ts";
import { imageContent, mediaHash } from "./schemas.ts";

/**
 * What browsers are told of an image: nothing in it is ever run, whatever else its bytes may be taken for, and pages of any
 * origin may show it. Comes last, after the headers that everything gets.
 */
export const imageHeaders = createMiddleware<HonoEnv>(async function imageHeaders(c, next) {
	await next();
	c.header("Content-Security-Policy", "default-src 'none'; sandbox");
	c.header("Cross-Origin-Resource-Policy", "cross-origin");
	c.header("X-Content-Type-Options", "nosniff");
});

const FOR_EVER = "public, max-age=31536000, immutable";

/** The bytes of images. The address is the credential: whoever knows it has seen it in a quiz, or has the image. */
export const imageRoutes = newApp();

imageRoutes.openapi(
	route({
		method: "get",
		path: "/v1/media/{media}",
		tag: "media",
		security: [],
		operationId: "getMedia",
		summary: "The bytes of an image",
		description:
			"They never change. Needs no credential: the address cannot be guessed. Answers 304 to a matching If-None-Match.",
		request: {
			params: z.object({ media: mediaHash }),
			headers: ifNoneMatch,
		},
		responses: {
			200: { description: "The image", content: imageContent, headers: headersNamed(["Cache-Control", "ETag"]) },
			...unchanged,
		},
	}),
	async (c) => {
		const { media } = c.req.valid("param");
		const isFresh = isKnown(c.req.valid("header")["If-None-Match"], `"${media}"`);
		const headOnly = isFresh || c.req.method === "HEAD";
		const { object, body } = valueIn(c, await readImage(c.env, { media, headOnly }));
		const type = object.httpMetadata?.contentType ?? "";
		if (!isMediaType(type)) throw new Error(`medium ${media} has the type ${type}`);
		c.header("ETag", `"${media}"`);
		c.header("Cache-Control", FOR_EVER);
		if (isFresh) return c.body(null, 304);
		c.header("Content-Type", type);
		c.header("Content-Length", String(object.size));
		return body ? c.body(body, 200) : c.body(null, 200);
	},
);
