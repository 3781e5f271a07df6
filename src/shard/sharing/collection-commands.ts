import { canonicalJson } from "../../domain/canonical.ts";
import { isStale, stale } from "../../domain/preconditions.ts";
import { accepted, notFound, type Outcome, refused } from "../../domain/result.ts";
import type { CollectionContent } from "../../domain/sharing/collections.ts";
import { COLLECTIONS_PER_USER_MAX } from "../../domain/sharing/limits.ts";
import { newId, type Unit } from "../engine/unit.ts";
import type { Collection } from "./collections.ts";

export function createCollection(unit: Unit, content: CollectionContent): Outcome<Collection> {
	if (unit.collections.count(COLLECTIONS_PER_USER_MAX) >= COLLECTIONS_PER_USER_MAX) {
		return refused({ code: "conflict", detail: `A user has at most ${COLLECTIONS_PER_USER_MAX} collections.` });
	}
	const id = newId(unit, "collection");
	const event = { collection: id, revision: 1, ...contentOf(content), created_at: unit.now };
	const seq = unit.log.append(unit.who, unit.now, "collection.saved", id, event);
	unit.collections.insert(seq, id, content, unit.now);
	return collectionOf(unit, id);
}

/** Replaces the collection, if it is still the one that the caller knows. Saving the same again changes nothing. */
export function replaceCollection(
	unit: Unit,
	id: string,
	etag: string,
	content: CollectionContent,
): Outcome<Collection> {
	const known = unit.collections.get(id);
	if (!known) return notFound("collection");
	if (isStale(known, etag)) return stale(known, "collection");
	if (canonicalJson(contentOf(known)) !== canonicalJson(contentOf(content))) {
		const { created_at } = known;
		const event = { collection: id, revision: known.revision + 1, ...contentOf(content), created_at };
		unit.log.append(unit.who, unit.now, "collection.saved", id, event);
		unit.collections.replace(id, content, unit.now);
	}
	return collectionOf(unit, id);
}

export function deleteCollection(unit: Unit, id: string, etag: string | null): Outcome<Collection> {
	const known = unit.collections.get(id);
	if (!known) return notFound("collection");
	if (isStale(known, etag)) return stale(known, "collection");
	unit.log.append(unit.who, unit.now, "collection.deleted", id, { collection: id });
	unit.collections.delete(id, unit.now);
	return accepted(known);
}

const contentOf = ({ title, description, visibility, quizzes }: CollectionContent) => ({
	title,
	description,
	visibility,
	quizzes,
});

function collectionOf(unit: Unit, id: string): Outcome<Collection> {
	const collection = unit.collections.get(id);
	return collection ? accepted(collection) : notFound("collection");
}
