/**
 * A transaction of ACCOUNTS is a list of statements that nobody can look between. So what must hold for it is asked within it: where it does
 * not hold, a column gets a NULL that it refuses, and all of the transaction is undone.
 */

/** An SQL expression: the value where the condition holds, and NULL where it does not. */
export const onlyIf = (condition: string, value: string): string => `CASE WHEN ${condition} THEN ${value} END`;

/** Whether a transaction was undone because what it was decided upon is not so any more. */
export const isOutdated = (error: unknown): boolean =>
	/NOT NULL constraint failed|UNIQUE constraint failed: (?!requests\.)/.test(String(error));
