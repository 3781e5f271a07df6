import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/**
 * Passwords are stored as scrypt hashes (RFC 7914), with parameters and salt beside them, so that the parameters can be raised: hashes of before go on
 * to be verified. These are of the list that OWASP's Password Storage Cheat Sheet calls equal; of them the one that takes the least memory, of
 * which an isolate has 128 MB for everything that it does at once.
 */
const COST = 2 ** 14;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 5;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

interface Parameters {
	cost: number;
	blockSize: number;
	parallelization: number;
}

const asStored = (text: string) =>
	/^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/.exec(text);

export const passwordHashes = {
	async hash(password: string): Promise<string> {
		const salt = randomBytes(SALT_BYTES);
		const parameters = { cost: COST, blockSize: BLOCK_SIZE, parallelization: PARALLELIZATION };
		const hash = await this.derive(password, salt, parameters);
		return `scrypt$${COST}$${BLOCK_SIZE}$${PARALLELIZATION}$${salt.toString("base64url")}$${hash.toString("base64url")}`;
	},

	async verify({ hash, password }: { hash: string; password: string }): Promise<boolean> {
		const stored = asStored(hash);
		if (!stored) return false;
		const [, cost, blockSize, parallelization, salt = "", expected = ""] = stored;
		const known = Buffer.from(expected, "base64url");
		const parameters = {
			cost: Number(cost),
			blockSize: Number(blockSize),
			parallelization: Number(parallelization),
		};
		const found = await this.derive(password, Buffer.from(salt, "base64url"), parameters);
		return found.length === known.length && timingSafeEqual(found, known);
	},

	/** The expensive part: every sign-up, and every sign-in whoever it is of, does it once. */
	derive(password: string, salt: Buffer, { cost: N, blockSize: r, parallelization: p }: Parameters): Promise<Buffer> {
		// Twice what it needs: Node counts all of its buffers.
		const options = { N, r, p, maxmem: 256 * N * r * p };
		return new Promise((resolve, reject) => {
			scrypt(password.normalize("NFKC"), salt, HASH_BYTES, options, (error, key) => {
				if (error) reject(error);
				else resolve(key);
			});
		});
	},
};
