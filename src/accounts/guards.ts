/**
 * A transaction of ACCOUNTS is a list of statements that nobody can look between. So what must hold for it is asked within it: where it does
 * not hold, a column gets a NULL that it refuses, and all of the transaction is undone.
 */

/** An SQL expression: the value where the condition holds, and NULL where it does not. */
export const onlyIf = (condition: string, value: string): string => `CASE WHEN ${condition} THEN ${value} END`;

/** The columns that refuse, and the key that is taken where two make the same user. */
const REFUSED =
	/NOT NULL constraint failed: (tenants\.revision|users\.(revision|created_at)|(services|api_keys|invitations)\.created_at)\b|UNIQUE constraint failed: users\.id\b/;

/** Whether a transaction was undone because what it was decided upon is not so any more. */
export const isOutdated = (error: unknown): boolean => REFUSED.test(String(error));
