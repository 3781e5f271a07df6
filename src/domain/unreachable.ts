/** Ends a `switch` over a union whose branches give no value: a member without a branch does not compile. */
export function unreachable(member: never): never {
	throw new Error(`not in the union: ${JSON.stringify(member)}`);
}
