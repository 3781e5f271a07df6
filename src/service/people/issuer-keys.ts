import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { isYounger } from "../../domain/freshness.ts";
import type { Issuer } from "../../domain/people/issuers.ts";
import {
	ISSUER_KEYS_AGE_MS_MAX,
	ISSUER_KEYS_BYTES_MAX,
	ISSUER_KEYS_PAUSE_MS,
	ISSUER_KEYS_WAIT_MS,
} from "../../domain/people/limits.ts";
import { logLine, reason } from "../../log-line.ts";

/**
 * Keys of other issuers, as the isolate has fetched them. They are fetched anew when they are old, and, at most once a minute, for a token
 * that names a key which is not among them: so an issuer may rotate its keys, and nobody makes this service call it more often. Where it
 * does not answer, the keys that are known hold; where none are known, each request asks, but for a moment after one got no answer. A token's own `jku`, `jwk` and `x5u` are never looked at.
 */
interface Known {
	keys: JWTVerifyGetKey;
	/** Null of those that stand in the settings, which never grow old. */
	fetched_at: number | null;
}

const known = new WeakMap<Issuer, Known>();
/** When an isolate that knows keys of the issuer asked for them again, and when one that knows none was last given none. */
const tried = new WeakMap<Issuer, number>();
const failed = new WeakMap<Issuer, number>();

/** Between two looks for keys of which none are known, the first of which failed: until then every token of the issuer is refused. */
export const ISSUER_KEYS_RETRY_MS = 1_000;

/** Nothing can be said of a token, since the keys of its issuer cannot be had. */
export class KeysUnavailable extends Error {}

const jwksSchema = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/** The key that a token of the issuer names. @throws errors.JWKSNoMatchingKey where there is none; KeysUnavailable where none are known */
export function keysOf(issuer: Issuer, now: number): JWTVerifyGetKey {
	return async (header, token) => {
		const had = known.get(issuer) ?? given(issuer);
		if (had && (had.fetched_at === null || isYounger(had.fetched_at, ISSUER_KEYS_AGE_MS_MAX, now))) {
			try {
				return await had.keys(header, token);
			} catch (error) {
				if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
			}
		}
		const keys = await fetched(issuer, had, now);
		return keys(header, token);
	};
}

function given(issuer: Issuer): Known | null {
	if (!issuer.jwks) return null;
	const keys = { keys: createLocalJWKSet(issuer.jwks), fetched_at: null };
	known.set(issuer, keys);
	return keys;
}

async function fetched(issuer: Issuer, had: Known | null, now: number): Promise<JWTVerifyGetKey> {
	const { jwks_url } = issuer;
	if (jwks_url === undefined || isTooSoon(issuer, had, now)) {
		if (had) return had.keys;
		throw new KeysUnavailable(`the keys of ${issuer.issuer} are not known`);
	}
	tried.set(issuer, now);
	// The requests of an isolate cannot wait for each other's answers, so those that come before the first answer all ask.
	try {
		const keys = createLocalJWKSet(await fetchKeys(jwks_url));
		known.set(issuer, { keys, fetched_at: now });
		return keys;
	} catch (error) {
		logLine("error", { at: "issuer keys", error: reason(error) });
		const latest = known.get(issuer);
		if (latest) return latest.keys;
		failed.set(issuer, Date.now());
		throw new KeysUnavailable(`the keys of ${issuer.issuer} cannot be fetched`);
	}
}

function isTooSoon(issuer: Issuer, had: Known | null, now: number): boolean {
	const [last, pauseMs] = had ? [tried.get(issuer), ISSUER_KEYS_PAUSE_MS] : [failed.get(issuer), ISSUER_KEYS_RETRY_MS];
	return last !== undefined && isYounger(last, pauseMs, now);
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
	const response = await fetch(url, {
		headers: { Accept: "application/json" },
		// The platform cannot fail for a redirection; one that is not followed is no answer with keys.
		redirect: "manual",
		signal: AbortSignal.timeout(ISSUER_KEYS_WAIT_MS),
	});
	if (!response.ok) throw new Error(`the keys are answered with ${response.status}`);
	const text = await limitedText(response);
	return jwksSchema.parse(JSON.parse(text));
}

async function limitedText(response: Response): Promise<string> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	for await (const chunk of response.body ?? []) {
		bytes += chunk.byteLength;
		if (bytes > ISSUER_KEYS_BYTES_MAX) throw new Error(`the keys have more than ${ISSUER_KEYS_BYTES_MAX} bytes`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}
