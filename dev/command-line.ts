import { type ParseArgsConfig, type ParseArgsOptionDescriptor, parseArgs } from "node:util";
import { Failure, reasonOf } from "./failure.ts";

/** What commands take from their arguments, and what they say of themselves with `--help`. */

/** An option as `parseArgs` takes it, and what the help says of it. */
export interface Option extends ParseArgsOptionDescriptor {
	/** What stands for its value in the help; the default, unless told. */
	value?: string;
	about: string;
}

export interface CommandLine extends ParseArgsConfig {
	/** The command as it is typed: `npm run import -- FILE [OPTIONS]`. */
	usage: string;
	/** What it does. */
	about: string;
	options?: Record<string, Option>;
	/** Every command refuses what it does not know. */
	strict?: never;
}

/** Arguments that a command does not take. They are answered with its help, on stderr. */
export class Misuse extends Failure {
	override readonly exitCode = 2;

	constructor(reason: string, command: CommandLine) {
		super(`${reason}\n\n${helpOf(command)}`);
	}
}

/**
 * What a command was given. Asked for help it prints what the command does and takes, and ends the process with exit code 0.
 * @throws Misuse for an option that it does not have, and for an argument where it takes none
 */
export function parseCommandLine<T extends CommandLine>(command: T): ReturnType<typeof parseArgs<T>> {
	if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
		console.log(helpOf(command));
		process.exit();
	}
	try {
		return parseArgs(command);
	} catch (error) {
		throw new Misuse(reasonOf(error), command);
	}
}

function helpOf({ usage, about, options = {} }: CommandLine): string {
	const rows = Object.entries(options).map(([name, option]) => ({ left: written(name, option), about: option.about }));
	rows.push({ left: "--help", about: "print this" });
	const width = Math.max(...rows.map(({ left }) => left.length));
	const lines = rows.map((row) => `  ${row.left.padEnd(width)}  ${row.about}`);
	return `Usage: ${usage}\n\n${about}\n\n${lines.join("\n")}`;
}

function written(name: string, { type, value, default: standard }: Option): string {
	return type === "boolean" ? `--${name}` : `--${name} ${value ?? standard ?? "…"}`;
}
