import { canonicalJson, type Json, sha256Hex } from "./canonical.ts";

/** What a request with an idempotency key asks for: another one under the same key is no retry. */
export interface Asked {
	/** 32 hex digits. */
	fingerprint: string;
	/** By which the release before knows the same request, where that is another. */
	before?: string;
}

export const asking = (operation: string, input: Json): Asked => ({
	fingerprint: sha256Hex(`${operation} ${canonicalJson(input)}`).slice(0, 32),
});
