import { scryptSync } from "node:crypto";
import { expect, it } from "vitest";
import { passwordHashes } from "../../src/service/sign-in/password-hashes.ts";

/** How passwords are stored. Alone, since tests of people hash with less work in the runtime that they share. */

const PASSWORD = "a long walk to the harbour";

it("a password is stored as a scrypt hash with its salt and parameters, of the work that OWASP asks for", async () => {
	const stored = await passwordHashes.hash(PASSWORD);
	const [, salt = "", hash = ""] = /^scrypt\$16384\$8\$5\$([\w-]{22})\$([\w-]{43})$/.exec(stored) ?? [];
	const options = { N: 16_384, r: 8, p: 5, maxmem: 2 ** 28 };
	expect(scryptSync(PASSWORD, Buffer.from(salt, "base64url"), 32, options).toString("base64url")).toBe(hash);
	expect(await passwordHashes.verify({ hash: stored, password: PASSWORD })).toBe(true);
	expect(await passwordHashes.verify({ hash: stored, password: `${PASSWORD}s` })).toBe(false);
	expect(await passwordHashes.hash(PASSWORD)).not.toBe(stored);
});

it("a hash of other parameters is verified with them, so that the work can be raised", async () => {
	const salt = Buffer.from("0123456789abcdef");
	const hash = scryptSync(PASSWORD, salt, 32, { N: 1_024, r: 8, p: 1 }).toString("base64url");
	const stored = `scrypt$1024$8$1$${salt.toString("base64url")}$${hash}`;
	expect(await passwordHashes.verify({ hash: stored, password: PASSWORD })).toBe(true);
	expect(await passwordHashes.verify({ hash: stored, password: "another" })).toBe(false);
});

it("the same password typed in two ways of Unicode is the same", async () => {
	const stored = await passwordHashes.hash("Café crème au lait");
	expect(await passwordHashes.verify({ hash: stored, password: "Cafe\u0301 cre\u0300me au lait" })).toBe(true);
});

it.each(["", "scrypt$", "salt:hash", "scrypt$0$8$1$AAAA$AAAA", "scrypt$16384$8$5$$"])(
	"what is no hash, like %j, is verified by no password",
	async (hash) => {
		const verified = passwordHashes.verify({ hash, password: PASSWORD }).catch(() => false);
		expect(await verified).toBe(false);
	},
);
