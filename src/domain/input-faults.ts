import type { z } from "zod";
import type { InputFault } from "./result.ts";

/**
 * What an issue that a schema found says to a client: one fault for each field.
 * @param place where the pointer points into; absent for the body
 */
export function faultsOf(issue: z.core.$ZodIssue, place: InputFault["in"]): InputFault[] {
	const at = pointerOf(issue.path);
	const fault = (pointer: string, detail: string): InputFault => ({ ...(place && { in: place }), pointer, detail });
	if (issue.code === "unrecognized_keys") {
		const detail = place === "query" ? issue.message : "This field is not known.";
		return issue.keys.map((key) => fault(`${at}${pointerOf([key])}`, detail));
	}
	return [fault(at, issue.message)];
}

/** A JSON pointer (RFC 6901). */
const pointerOf = (path: readonly PropertyKey[]) =>
	path.map((token) => `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
