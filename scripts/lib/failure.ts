/** Something that the reader can mend: shown as its message alone, without a stack. */
export class Failure extends Error {}

/** Runs a command. A {@link Failure} becomes one line on stderr and exit code 1; anything else is a bug and shows its stack. */
export async function run(command: () => Promise<void>): Promise<void> {
	try {
		await command();
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		console.error(error.message);
		process.exitCode = 1;
	}
}

/** The first line of what went wrong, as text. */
export const reasonOf = (error: unknown): string =>
	(error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
