/** What a use case of signing in works with besides its input: nobody is known yet who has scopes, so it is no {@link Ctx}. */
export interface Visit {
	env: Env;
	/** The Worker's clock when the request came in, milliseconds since the epoch. */
	now: number;
	/** Where the request comes from, as far as that is kept; null where it is not. */
	network: string | null;
	user_agent: string | null;
	/** Lets work go on after the answer. */
	later(work: Promise<unknown>): void;
}
