import type { Condition } from "./mails.ts";

/** Accounts: persons. */

/** An address was shown to be of its account. */
export const noteVerified = (db: D1Database, account: string, now: number): D1PreparedStatement =>
	db
		.prepare("UPDATE accounts SET email_verified = 1, updated_at = ?2 WHERE id = ?1 AND email_verified = 0")
		.bind(account, now);

/** There is an account with this address that is not verified. */
export const isUnverified = (email: string): Condition => ({
	text: "AND EXISTS (SELECT 1 FROM accounts WHERE email = ? AND email_verified = 0 AND deleted_at IS NULL)",
	values: [email],
});

/** There is an account with this address. */
export const isKnown = (email: string): Condition => ({
	text: "AND EXISTS (SELECT 1 FROM accounts WHERE email = ? AND deleted_at IS NULL)",
	values: [email],
});

/** Whether a write failed because another account has the address by now. */
export const isAddressTaken = (error: unknown): boolean =>
	/UNIQUE constraint failed: accounts\.email/.test(String(error));
