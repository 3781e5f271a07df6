import { betterAuth } from "better-auth/minimal";
import { bearer } from "better-auth/plugins/bearer";
import { twoFactor } from "better-auth/plugins/two-factor";
import { expiryOf } from "../../accounts/sessions.ts";
import type { Writes } from "../../accounts/writes.ts";
import { mintPeopleId } from "../../domain/ids.ts";
import {
	CHALLENGE_LIFE_MS,
	EMAIL_TOKEN_LIFE_MS,
	FACTOR_FAILURES_MAX,
	FACTOR_LOCK_MS,
	PASSWORD_CHARS_MAX,
	PASSWORD_CHARS_MIN,
	SESSION_IDLE_MS_MAX,
} from "../../domain/sign-in/limits.ts";
import { sessionToken } from "../../domain/sign-in/tokens.ts";
import { SECOND_MS } from "../../domain/units.ts";
import { authSecretsOf, publicOriginOf } from "../../env.ts";
import { logLine, reason } from "../../log-line.ts";
import { COOKIES_PREFIX } from "./challenges.ts";
import type { Faults } from "./faults.ts";
import { adapterOf } from "./library-adapter.ts";
import { passwordHashes } from "./password-hashes.ts";
import type { Visit } from "./visit.ts";

/**
 * better-auth, as it is set up here. This file and its adapter are all that knows it, and they are loaded with the first request that needs them.
 * An instance is made for each request: one that is kept hangs the next request (better-auth#10315), and each has its own writes.
 */

/** What the library calls back for. @throws what is thrown here reaches the use case, which the library would keep for itself */
export interface Callbacks {
	/** Somebody is to show that an address is theirs. */
	verificationWanted(account: { id: string; email: string }, token: string): Promise<void>;
	/** Somebody signed up with the address of an account. @param hash of the password that they chose */
	knownSignedUp(account: { id: string; email: string; emailVerified: boolean }, hash: string): Promise<void>;
	/** A password was reset by way of a mail. */
	passwordReset(account: { id: string; email: string; name: string; emailVerified: boolean }): Promise<void>;
	/** An address has been shown to be of its account; before that is noted. */
	verified(account: { id: string; email: string; name: string }): Promise<void>;
}

export function newLibrary(visit: Visit, writes: Writes, faults: Faults, callbacks: Callbacks) {
	const { env, now, network, user_agent } = visit;
	const secrets = authSecretsOf(env);
	const [{ value: secret }] = secrets;
	const noted = async <T>(work: () => T | Promise<T>): Promise<T> => {
		try {
			return await work();
		} catch (error) {
			faults.first ??= { error };
			throw error;
		}
	};
	/** Of the password that the request brought; the library makes one of a sign-up for a known address too, and leaves it. */
	let hashed = "";
	return betterAuth({
		appName: "Marksheet",
		baseURL: publicOriginOf(env) || "http://localhost",
		basePath: "/v1/auth",
		secret,
		// Always, so that what is sealed says with which.
		secrets,
		database: adapterOf(env.ACCOUNTS, writes, faults, now),
		emailAndPassword: {
			enabled: true,
			requireEmailVerification: true,
			autoSignIn: false,
			minPasswordLength: PASSWORD_CHARS_MIN,
			maxPasswordLength: PASSWORD_CHARS_MAX,
			revokeSessionsOnPasswordReset: true,
			password: {
				hash: (password) =>
					noted(async () => {
						hashed = await passwordHashes.hash(password);
						return hashed;
					}),
				verify: (stored) => noted(() => passwordHashes.verify(stored)),
			},
			onExistingUserSignUp: ({ user }) => noted(() => callbacks.knownSignedUp(user, hashed)),
			onPasswordReset: ({ user }) => noted(() => callbacks.passwordReset(user)),
		},
		emailVerification: {
			sendOnSignUp: true,
			sendOnSignIn: false,
			autoSignInAfterVerification: false,
			expiresIn: EMAIL_TOKEN_LIFE_MS / SECOND_MS,
			sendVerificationEmail: ({ user, token }) => noted(() => callbacks.verificationWanted(user, token)),
			beforeEmailVerification: (user) => noted(() => callbacks.verified(user)),
		},
		user: {
			modelName: "accounts",
			fields: { emailVerified: "email_verified", createdAt: "created_at", updatedAt: "updated_at" },
			changeEmail: { enabled: true },
		},
		account: {
			modelName: "credentials",
			fields: {
				userId: "account_id",
				providerId: "provider",
				accountId: "subject",
				createdAt: "created_at",
				updatedAt: "updated_at",
			},
		},
		session: {
			modelName: "sessions",
			fields: {
				userId: "account_id",
				token: "hash",
				ipAddress: "network",
				userAgent: "user_agent",
				createdAt: "created_at",
				updatedAt: "updated_at",
				expiresAt: "expires_at",
			},
			expiresIn: SESSION_IDLE_MS_MAX / SECOND_MS,
			// Sessions are extended by what reads them everywhere: accounts/sessions.ts.
			disableSessionRefresh: true,
		},
		verification: {
			modelName: "verifications",
			fields: { identifier: "hash", createdAt: "created_at", updatedAt: "updated_at", expiresAt: "expires_at" },
			// The schedule does.
			disableCleanup: true,
		},
		databaseHooks: {
			session: {
				create: {
					before: async (session) => ({
						data: {
							...session,
							token: sessionToken(session.token),
							ipAddress: network,
							userAgent: user_agent,
							createdAt: new Date(now),
							expiresAt: new Date(expiryOf(now, now)),
						},
					}),
				},
			},
		},
		plugins: [
			bearer(),
			twoFactor({
				issuer: "Marksheet",
				twoFactorCookieMaxAge: CHALLENGE_LIFE_MS / SECOND_MS,
				accountLockout: { maxFailedAttempts: FACTOR_FAILURES_MAX, durationSeconds: FACTOR_LOCK_MS / SECOND_MS },
				schema: {
					user: { fields: { twoFactorEnabled: "two_factor_enabled" } },
					twoFactor: {
						modelName: "second_factors",
						fields: {
							userId: "account_id",
							backupCodes: "backup_codes",
							failedVerificationCount: "failures",
							lockedUntil: "locked_until",
						},
					},
				},
			}),
		],
		advanced: {
			database: {
				validateSchema: false,
				joins: true,
				generateId: ({ model }) =>
					mintPeopleId(KINDS[model] ?? "credential", now, crypto.getRandomValues(new Uint8Array(10))),
			},
			// Its cookies never leave the Worker; what they carry goes in bodies.
			cookiePrefix: COOKIES_PREFIX,
			useSecureCookies: false,
			disableOriginCheck: true,
			disableCSRFCheck: true,
			ipAddress: { disableIpTracking: true },
		},
		// The doors count, before this is loaded.
		rateLimit: { enabled: false },
		telemetry: { enabled: false },
		logger: {
			level: "error",
			// Its own words alone: what they are about may be an address.
			log: (_, message) => logLine("error", { at: "sign-in", error: reason(message) }),
		},
	});
}

export type Library = ReturnType<typeof newLibrary>;

/** Ids of sessions and verifications are derived of their tokens when they are stored. */
const KINDS: Record<string, "account" | "credential" | "second_factor"> = {
	user: "account",
	account: "credential",
	twoFactor: "second_factor",
};
