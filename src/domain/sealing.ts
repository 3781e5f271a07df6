/**
 * Sealing with AES-256-GCM (NIST SP 800-38D): what is sealed cannot be read, and a changed byte of it, another key or another purpose is
 * noticed. Nonces are 96 random bits, so one key must not seal more than 2^32 texts.
 */

const NONCE_BYTES = 12;
export const SEALING_KEY_BYTES = 32;

/** A key of the deployment. */
export interface MasterKey {
	/** Which it is; what is sealed with it says that. */
	number: number;
	bytes: Uint8Array;
}

/** The first one seals, all of them open. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]];

const MASTER_KEY = /^([1-9]\d{0,8}):([\w-]{43})$/;

/** Reads `2:<32 bytes in base64url>,1:…`; null where it is not like that, or has a number twice. */
export function readMasterKeys(text: string): MasterKeys | null {
	const keys = text.split(",").map((part) => {
		const [, number, bytes] = MASTER_KEY.exec(part.trim()) ?? [];
		return number === undefined || bytes === undefined ? null : { number: Number(number), bytes: bytesOf(bytes) };
	});
	const [first, ...rest] = keys.filter((key) => key !== null);
	const numbers = new Set(keys.map((key) => key?.number));
	return first && rest.length === keys.length - 1 && numbers.size === keys.length ? [first, ...rest] : null;
}

const bytesOf = (base64url: string): Uint8Array => new Uint8Array(Buffer.from(base64url, "base64url"));

/** What is sealed is not as it was written, or is somebody else's. */
export class BrokenSeal extends Error {
	constructor(about: string, cause?: unknown) {
		super(`the seal of ${about} does not open`, { cause });
	}
}

export const importSealingKey = (bytes: Uint8Array): Promise<CryptoKey> =>
	crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);

const text = new TextEncoder();

const parameters = (iv: Uint8Array, about: string) => ({ name: "AES-GCM", iv, additionalData: text.encode(about) });

/** @param about what it is and whose: it opens under the same words only */
export async function seal(key: CryptoKey, plain: Uint8Array, about: string): Promise<Uint8Array> {
	const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
	const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters(nonce, about), key, plain));
	const all = new Uint8Array(NONCE_BYTES + sealed.length);
	all.set(nonce);
	all.set(sealed, NONCE_BYTES);
	return all;
}

/** The inverse of {@link seal}. @throws BrokenSeal */
export async function open(key: CryptoKey, sealed: Uint8Array, about: string): Promise<Uint8Array> {
	const nonce = sealed.subarray(0, NONCE_BYTES);
	try {
		const plain = await crypto.subtle.decrypt(parameters(nonce, about), key, sealed.subarray(NONCE_BYTES));
		return new Uint8Array(plain);
	} catch (cause) {
		throw new BrokenSeal(about, cause);
	}
}

const WRAPPED = /^([1-9]\d{0,8})\.([\w-]+)$/;

/** Seals a key, or another short secret, with the first of the master keys. @returns a text that says with which */
export async function wrap([first]: MasterKeys, secret: Uint8Array, about: string): Promise<string> {
	const sealed = await seal(await importSealingKey(first.bytes), secret, about);
	return `${first.number}.${Buffer.from(sealed).toString("base64url")}`;
}

/** The inverse of {@link wrap}. @throws BrokenSeal, also where the master key is none of these */
export async function unwrap(keys: MasterKeys, wrapped: string, about: string): Promise<Uint8Array> {
	const [, number, sealed] = WRAPPED.exec(wrapped) ?? [];
	const key = keys.find((each) => String(each.number) === number);
	if (!key || sealed === undefined) throw new BrokenSeal(about);
	return open(await importSealingKey(key.bytes), bytesOf(sealed), about);
}

/** Whether it is sealed with the key that seals now. */
export const isWrappedWith = ([first]: MasterKeys, wrapped: string): boolean => wrapped.startsWith(`${first.number}.`);
