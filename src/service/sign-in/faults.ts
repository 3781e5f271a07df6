/** The first error of the database or of a callback, which the library takes for a refusal: it is thrown in place of that. */
export interface Faults {
	first: { error: unknown } | null;
}
