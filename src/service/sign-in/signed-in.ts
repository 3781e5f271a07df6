import { accepted, type Outcome, type Refusal, refused } from "../../domain/result.ts";
import { type SignedIn, sessionOf } from "../people/sessions.ts";
import type { Visit } from "./visit.ts";

/** What a person's own use cases work with: who is signed in, by which token, besides the request. */
export interface Authorized extends SignedIn {
	visit: Visit;
	token: string;
}

/** The gate of everything that a person does with their own account: `unauthenticated` where the token is of no session. */
export async function signedIn(visit: Visit, token: string | null): Promise<Outcome<Authorized>> {
	const known = await sessionOf(visit.env, token, visit.now);
	return known && token !== null ? accepted({ ...known, visit, token }) : refused(NOT_SIGNED_IN);
}

const NOT_SIGNED_IN = {
	code: "unauthenticated",
	detail: "Send the token of a session as Authorization: Bearer <token>.",
} as const satisfies Refusal;

/** The headers by which the library knows a session. */
export const asSession = (token: string): Headers => new Headers({ Authorization: `Bearer ${token}` });
