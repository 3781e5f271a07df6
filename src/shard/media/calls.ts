import { RpcTarget } from "cloudflare:workers";
import type { Image } from "../../domain/media/media.ts";
import type { Call, Runner } from "../engine/runner.ts";
import { addMedia, removeMedia, roomForImage } from "./commands.ts";

/** What a shard does with media. */
export class MediaCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	add(call: Call, image: Image) {
		return this.#run.command(call, "media.add", { ...image }, (unit) => addMedia(unit, image));
	}

	remove(call: Call, hash: string) {
		return this.#run.command(call, "media.remove", { hash }, (unit) => removeMedia(unit, hash));
	}

	/** Whether the user may have this image too. */
	room(call: Call, image: Image) {
		return this.#run.read(call, (unit) => roomForImage(unit, image));
	}

	list(call: Call, before: number, limit: number) {
		return this.#run.read(call, (unit) => unit.media.list(before, limit));
	}

	/** Those of these images that this user has, for whoever copies a quiz of theirs. The hash of an image opens it to anybody. */
	images(hashes: string[]): Image[] {
		if (this.#run.erasure.isClosed) return [];
		const { media } = this.#run.stores;
		return hashes.flatMap((hash) => media.get(hash) ?? []).map(({ unused_since: _, added_at: __, ...image }) => image);
	}
}
