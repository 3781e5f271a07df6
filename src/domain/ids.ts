/** Identifiers: a prefix that tells the kind, then text that says nothing, so that a mixed-up id is refused by its shape. */

export const ID_PATTERNS = {
	account: /^acc_[0-9a-hjkmnp-tv-z]{24}$/,
	user: /^usr_[A-Za-z0-9_-]{1,48}$/,
	tenant: /^ten_[A-Za-z0-9_-]{1,48}$/,
	service: /^svc_[A-Za-z0-9_-]{1,48}$/,
	key: /^key_[0-9a-hjkmnp-tv-z]{24}$/,
	invitation: /^inv_[0-9a-hjkmnp-tv-z]{24}$/,
	erasure: /^era_[0-9a-hjkmnp-tv-z]{24}$/,
	quiz: /^quz_[0-9a-hjkmnp-tv-z]{24}$/,
	attempt: /^att_[0-9a-hjkmnp-tv-z]{24}$/,
	hold: /^hld_[0-9a-hjkmnp-tv-z]{24}$/,
	lot: /^lot_[0-9a-hjkmnp-tv-z]{24}$/,
	share: /^shr_[0-9a-hjkmnp-tv-z]{24}$/,
	collection: /^col_[0-9a-hjkmnp-tv-z]{24}$/,
} as const;

const PREFIXES = {
	quiz: "quz_",
	attempt: "att_",
	hold: "hld_",
	lot: "lot_",
	share: "shr_",
	collection: "col_",
} as const;
export type MintedKind = keyof typeof PREFIXES;

/** Crockford's base 32, lower case. */
export const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const SEQ_CHARS = 8;
const RANDOM_CHARS = 16; // 80 bits

/**
 * A new id of 24 characters: the first eight are the integer key of its row, so that this is found without an index on the id; the
 * other 16 are 80 random bits, so that nobody can guess it.
 *
 * @param seq of the table's row, below 2^40: mostly the row of the log that it was made at
 * @param random at least ten random bytes
 */
export function mintId(kind: MintedKind, seq: number, random: Uint8Array): string {
	let text = "";
	let rest = seq;
	for (let i = 0; i < SEQ_CHARS; i++) {
		text = ALPHABET[rest % 32] + text;
		rest = Math.floor(rest / 32);
	}
	return PREFIXES[kind] + text + base32(random, RANDOM_CHARS);
}

/**
 * A number like that of a row, at random: for what others see, whose ids would else tell how much its owner's log has grown.
 * @param random at least five random bytes
 */
export const randomRow = (random: Uint8Array): number => random.slice(0, 5).reduce((row, byte) => row * 256 + byte, 0);

const PEOPLE = {
	account: "acc_",
	tenant: "ten_",
	user: "usr_",
	service: "svc_",
	key: "key_",
	invitation: "inv_",
	credential: "crd_",
	second_factor: "sfa_",
	mail: "mai_",
	event: "evt_",
	erasure: "era_",
} as const;

/**
 * A new id of what has its row in ACCOUNTS: 24 characters of which the first nine are the time, so that rows are in the order in which
 * they were made, and the other 15 are 75 random bits.
 *
 * @param now milliseconds since the epoch
 * @param random at least ten random bytes
 */
export function mintPeopleId(kind: keyof typeof PEOPLE, now: number, random: Uint8Array): string {
	let time = "";
	for (let rest = now, i = 0; i < TIME_CHARS; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32] + time;
	return PEOPLE[kind] + time + base32(random, SEQ_CHARS + RANDOM_CHARS - TIME_CHARS);
}

const TIME_CHARS = 9;

/** The first bits of the bytes, five to a character. */
export function base32(bytes: Uint8Array, chars: number): string {
	let text = "";
	let bits = 0;
	let pool = 0;
	for (let i = 0; text.length < chars; ) {
		if (bits < 5) {
			pool = (pool << 8) | (bytes[i++] ?? 0);
			bits += 8;
		}
		bits -= 5;
		text += ALPHABET[(pool >> bits) & 31];
		pool &= (1 << bits) - 1;
	}
	return text;
}

/** The key of the row that an id of {@link mintId} is of; 0 for anything else, which is no row. */
export function seqOfId(id: string): number {
	let seq = 0;
	for (const character of id.slice(4, 4 + SEQ_CHARS)) {
		const digit = ALPHABET.indexOf(character);
		if (digit < 0) return 0;
		seq = seq * 32 + digit;
	}
	return id.length === 4 + SEQ_CHARS + RANDOM_CHARS ? seq : 0;
}
