import type { Image } from "../domain/media.ts";
import { AuthoringShard } from "./authoring-shard.ts";
import { addMedia, removeMedia, roomFor } from "./commands/media.ts";
import type { Call } from "./runner.ts";

/** The calls on a shard that are about media. */
export class MediaShard extends AuthoringShard {
	roomForMedia(call: Call, image: Image) {
		return this.run.read(call, (unit) => roomFor(unit, image));
	}

	addMedia(call: Call, image: Image) {
		return this.run.command(call, "media.add", { ...image }, (unit) => addMedia(unit, image));
	}

	removeMedia(call: Call, hash: string) {
		return this.run.command(call, "media.remove", { hash }, (unit) => removeMedia(unit, hash));
	}

	mediaList(call: Call, before: number, limit: number) {
		return this.run.read(call, (unit) => unit.media.list(before, limit));
	}
}
