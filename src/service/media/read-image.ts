import { readMedia } from "../../catalog/media/media-objects.ts";
import { found } from "../verbs.ts";

/** An image as it is stored. */
export interface StoredImage {
	object: R2Object;
	/** Null where only the head was asked for. */
	body: ReadableStream | null;
}

/**
 * The bytes of an image, or what is known of them. No gate: whoever knows the address has seen it in a quiz, or has the image.
 * @param headOnly without its bytes
 */
export async function readImage(
	{ CONTENT, CATALOG }: Pick<Env, "CONTENT" | "CATALOG">,
	{ media, headOnly }: { media: string; headOnly: boolean },
) {
	const read = headOnly ? headOf : bytesOf;
	return found(await readMedia(CONTENT, CATALOG, media, (key) => read(CONTENT, key)), "medium");
}

async function headOf(bucket: R2Bucket, key: string): Promise<StoredImage | null> {
	const object = await bucket.head(key);
	return object && { object, body: null };
}

async function bytesOf(bucket: R2Bucket, key: string): Promise<StoredImage | null> {
	const object = await bucket.get(key);
	return object && { object, body: object.body };
}
