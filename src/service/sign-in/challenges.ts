/**
 * The library says in cookies what it has no other place for: the token of a session that it replaced, and, signed and bound to what it has stored, what
 * stands between a password and a second factor. Here they go in bodies: clients of an API have no cookies, and what comes in no cookie cannot be sent by
 * another site's page.
 */
const NAMES = { session: "session_token", challenge: "two_factor" } as const;

export const COOKIES_PREFIX = "marksheet";

/** A cookie in the library's answer; null where there is none. */
function cookieIn(headers: Headers, name: keyof typeof NAMES): string | null {
	const start = `${COOKIES_PREFIX}.${NAMES[name]}=`;
	for (const cookie of headers.getSetCookie()) {
		const [value = ""] = cookie.startsWith(start) ? cookie.slice(start.length).split(";") : [];
		if (value !== "") return decodeURIComponent(value);
	}
	return null;
}

export const challengeIn = (headers: Headers): string | null => cookieIn(headers, "challenge");

/** The token of the session that has taken the place of the caller's; null where none has. */
export function replacedTokenIn(headers: Headers): string | null {
	const [token = ""] = cookieIn(headers, "session")?.split(".") ?? [];
	return token === "" ? null : token;
}

/** The headers by which the library knows a challenge again. */
export const asChallenge = (challenge: string): Headers =>
	new Headers({ Cookie: `${COOKIES_PREFIX}.${NAMES.challenge}=${encodeURIComponent(challenge)}` });
