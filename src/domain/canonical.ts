import { createHash } from "node:crypto";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json | undefined };

/** JSON with the members of every object sorted by name, so that equal values have equal texts (after RFC 8785). */
export function canonicalJson(value: Json): string {
	if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
	if (value === null || typeof value !== "object") return JSON.stringify(value);
	const members: string[] = [];
	for (const name of Object.keys(value).sort()) {
		const member = value[name];
		if (member !== undefined) members.push(`${JSON.stringify(name)}:${canonicalJson(member)}`);
	}
	return `{${members.join(",")}}`;
}

/** SHA-256 of the UTF-8 text, as 64 hex digits. Synchronous, because a shard's transaction cannot await. */
export function sha256Hex(text: string): string {
	return createHash("sha256").update(text).digest("hex");
}

/** Length of the text in UTF-8, in bytes. */
export function utf8Bytes(text: string): number {
	return Buffer.byteLength(text);
}
