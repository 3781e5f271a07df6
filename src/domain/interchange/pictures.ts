import { createHash } from "node:crypto";
import { sniffType } from "../media/image-headers.ts";
import { MEDIA_ALT_CHARS_MAX, MEDIA_BYTES_MAX } from "../media/limits.ts";
import { examine, type Image } from "../media/media.ts";
import { IMPORT_IMAGES_MAX } from "./limits.ts";
import type { Losses } from "./report.ts";

/** Images of what is imported: from its package or from within the file, never from elsewhere. */

/** An image that questions name, with its bytes when they are asked for: they are many. */
export interface FoundImage {
	image: Image;
	bytes(): Uint8Array | null;
}

/** All images of an import, by their hashes. */
export class ImageShelf {
	readonly found = new Map<string, FoundImage>();

	/** @returns what questions name it by; null for what is no image that can be taken */
	put(read: () => Uint8Array | null): string | null {
		const bytes = read();
		const type = bytes && bytes.length <= MEDIA_BYTES_MAX ? sniffType(bytes) : null;
		const examined = bytes && type ? examine(type, bytes) : null;
		if (!bytes || !examined?.ok) return null;
		const media = createHash("sha256").update(bytes).digest("hex");
		if (!this.found.has(media)) {
			if (this.found.size >= IMPORT_IMAGES_MAX) return null;
			this.found.set(media, { image: { media, ...examined.image }, bytes: read });
		}
		return media;
	}
}

/** Takes the first picture of a question's text for the question's image; a question has one. */
export class PictureTaker {
	readonly #shelf: ImageShelf;
	readonly #read: (source: string) => Uint8Array | null;
	readonly #losses: Losses;
	#image: { media: string; alt: string } | null = null;

	/** @param read what a picture's address names; null for what is not there */
	constructor(shelf: ImageShelf, read: (source: string) => Uint8Array | null, losses: Losses) {
		this.#shelf = shelf;
		this.#read = read;
		this.#losses = losses;
	}

	/** @returns whether the picture is taken, so that nothing of it stays in the text */
	take(source: string, alt: string): boolean {
		if (this.#image !== null || source === "" || /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(source)) return false;
		const media = this.#shelf.put(() => this.#read(source));
		if (media === null) return false;
		const said = alt.replace(/\s+/g, " ").trim().slice(0, MEDIA_ALT_CHARS_MAX).toWellFormed().trim();
		if (said === "") this.#losses.add("Its picture does not say what it shows: the name of its file does.");
		this.#image = { media, alt: said || nameOf(source) };
		return true;
	}

	/** What was taken, as a question has it. */
	get image(): { image?: { media: string; alt: string } } {
		return this.#image === null ? {} : { image: this.#image };
	}
}

const nameOf = (source: string) =>
	(source.split("/").at(-1) ?? "").slice(0, MEDIA_ALT_CHARS_MAX).toWellFormed().trim() || "Picture";
