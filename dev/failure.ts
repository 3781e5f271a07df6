/** Something that the reader can mend: shown as its message alone, without a stack. */
export class Failure extends Error {
	/** What the process ends with. */
	readonly exitCode: number = 1;
}

/** Runs a command. A {@link Failure} becomes its message on stderr and its exit code; anything else is a bug and shows its stack. */
export async function run(command: () => Promise<void>): Promise<void> {
	try {
		await command();
	} catch (error) {
		if (!(error instanceof Failure)) throw error;
		console.error(error.message);
		process.exitCode = error.exitCode;
	}
}

/** The first line of what went wrong, as text. */
export const reasonOf = (error: unknown): string =>
	(error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
