import { seqOfId } from "../../domain/ids.ts";
import type { CollectionKind } from "../../domain/sharing/events.ts";
import { type Part, partOf } from "../engine/part.ts";
import { values } from "../engine/table.ts";
import { compareRows } from "../verification/difference.ts";
import { COLLECTION_COLUMNS, type CollectionRow, Collections } from "./collections.ts";

/** By the row of the log that made it. */
type CollectionsState = Map<number, Omit<CollectionRow, "seq">>;

export const collectionsPart: Part<CollectionKind, CollectionsState, { collections: Collections }> = partOf({
	tables: {
		collections: {
			key: ["seq"],
			columns: {
				...values(
					"seq",
					"id",
					"revision",
					"title",
					"description",
					"visibility",
					"created_at",
					"updated_at",
					"deleted_at",
				),
				quizzes: "json",
			},
		},
	},
	stores: (sql) => ({ collections: new Collections(sql) }),
	begin: () => new Map(),
	rows: {
		"collection.saved": (state, { body, at }) => {
			const { collection: id, quizzes, ...content } = body;
			const changes = { quizzes: JSON.stringify(quizzes), updated_at: at, deleted_at: null };
			state.set(seqOfId(id), { id, ...content, ...changes });
		},
		"collection.deleted": (state, { body, at }) => {
			const known = state.get(seqOfId(body.collection));
			if (known) Object.assign(known, { updated_at: at, deleted_at: at });
		},
	},
	compare({ sql }, state) {
		compareRows(sql, "collections", COLLECTION_COLUMNS, "seq", state);
	},
});
