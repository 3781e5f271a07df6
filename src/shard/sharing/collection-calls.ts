import { RpcTarget } from "cloudflare:workers";
import type { CollectionContent } from "../../domain/sharing/collections.ts";
import type { Call, Runner } from "../engine/runner.ts";
import { createCollection, deleteCollection, replaceCollection } from "./collection-commands.ts";

/** What a shard does with collections. */
export class CollectionsCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	create(call: Call, content: CollectionContent) {
		return this.#run.command(call, "collections.create", content, (unit) => createCollection(unit, content));
	}

	replace(call: Call, id: string, etag: string, content: CollectionContent) {
		return this.#run.command(call, "collections.replace", { id, etag, content }, (unit) =>
			replaceCollection(unit, id, etag, content),
		);
	}

	delete(call: Call, id: string, etag: string | null) {
		return this.#run.command(call, "collections.delete", { id, etag }, (unit) => deleteCollection(unit, id, etag));
	}

	get(call: Call, id: string) {
		return this.#run.read(call, (unit) => unit.collections.get(id));
	}

	list(call: Call, before: number, limit: number) {
		return this.#run.read(call, (unit) => unit.collections.list(before, limit));
	}
}
