import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "../../src/domain/canonical.ts";
import type { Answer } from "./harness.ts";

/**
 * An attacker who knows every text of a quiz but tries what is secret: it collects whatever looks like a digest and compares it
 * with those of its candidates. A digest is found whole or in part, from DIGEST_HEX_MIN digits of its beginning on, in
 * hex or in base 64, in the open or within what a base 64 text says.
 */

const DIGEST_HEX_MIN = 16;
/** As many characters of base 64 as say the same bits, cut to whole ones. */
const DIGEST_BASE64_MIN = Math.floor((DIGEST_HEX_MIN * 4) / 6);

/** Every text that a document holds: each value in it as JSON as it was written, as canonical JSON, and as itself. */
export function textsOf(document: unknown): Set<string> {
	const texts = new Set<string>();
	const add = (value: unknown): void => {
		if (value === undefined) return;
		texts.add(JSON.stringify(value));
		texts.add(canonicalJson(value as Json));
		if (typeof value === "string" || typeof value === "number") texts.add(String(value));
		if (typeof value === "object" && value !== null) for (const member of Object.values(value)) add(member);
	};
	add(document);
	return texts;
}

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

export class DigestAttacker {
	/** Digests that tell something, with what they are of and how they may be written. */
	readonly #known = new Map<string, { what: string; signs: string[] }>();

	tries(texts: Iterable<string>): this {
		for (const text of texts) this.knows(digestOf(text), text);
		return this;
	}

	/** @param digest in hex */
	knows(digest: string, what: string): this {
		const bytes = Buffer.from(digest, "hex");
		const signs = (["base64", "base64url"] as const).map((as) => bytes.toString(as).slice(0, DIGEST_BASE64_MIN));
		this.#known.set(digest.toLowerCase().slice(0, DIGEST_HEX_MIN), { what, signs });
		return this;
	}

	/** What the answer tells the attacker, in body and headers; nothing if all is well. */
	learns({ text, headers }: Pick<Answer, "text" | "headers">): string[] {
		const said = [text, ...[...headers].map(([name, value]) => `${name}: ${value}`)].join("\n");
		const all = `${said}\n${decoded(said)}`;
		const lower = all.toLowerCase();
		return [...this.#known].flatMap(([digest, { what, signs }]) => {
			const isSaid = lower.includes(digest) || signs.some((sign) => all.includes(sign));
			return isSaid ? [`${digest}… of ${what.slice(0, 100)}`] : [];
		});
	}
}

/** What the texts in base 64 say that are in a text. */
const decoded = (text: string): string =>
	(text.match(/[A-Za-z0-9_+/-]{16,}/g) ?? [])
		.map((word) => Buffer.from(word, "base64url").toString("latin1"))
		.join("\n");
