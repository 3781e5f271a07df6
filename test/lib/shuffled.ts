import type { Json } from "../../src/domain/canonical.ts";

/** The same value with the members of every object in another order. */
export function shuffled(value: Json): Json {
	if (Array.isArray(value)) return value.map(shuffled);
	if (value === null || typeof value !== "object") return value;
	const entries = Object.entries(value).map(([name, member]) => [name, shuffled(member as Json)]);
	return Object.fromEntries(entries.reverse());
}
