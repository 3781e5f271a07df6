import { refused } from "./result.ts";

/** Null where the caller made no condition. */
export function isStale(thing: { etag: string }, condition: string | null): boolean {
	if (condition === null || condition.trim() === "*") return false;
	return !condition.split(",").some((etag) => etag.trim() === thing.etag);
}

export function stale(thing: { etag: string }, what: string) {
	const detail = `The ${what} was changed since you read it. Read it again and send its ETag in If-Match.`;
	return refused({ code: "precondition-failed", detail, current_etag: thing.etag });
}
