import { createHmac } from "node:crypto";
import type { JSONWebKeySet } from "jose";
import { z } from "zod";
import { type CursorKeys, cursorKeys } from "./domain/cursors.ts";
import { SEND_INTERVAL_MS_DEFAULT, SEND_INTERVAL_MS_MAX } from "./domain/log/limits.ts";
import { type Issuer, isPrivateAddress, issuersFault, issuersSchema } from "./domain/people/issuers.ts";
import { RATE_CLASSES, RATE_PERIODS_S, type Rate, type RateClass } from "./domain/rate-limits.ts";
import { type MasterKeys, readMasterKeys } from "./domain/sealing.ts";
import { SHARE_CODE_KEY_CHARS_MIN } from "./domain/sharing/limits.ts";
import { logLine, reason, word } from "./log-line.ts";
import type { Principal } from "./service/principal.ts";
import type { Authorized } from "./service/sign-in/signed-in.ts";

const SECOND_MS = 1_000;
const seconds = z
	.string()
	.regex(/^[1-9]\d{0,5}$/, "must be a whole number of seconds")
	.transform((text) => Number(text) * SECOND_MS);

const ENVIRONMENTS = ["local", "staging", "production"] as const;

const settingsSchema = z
	.object({
		TOKEN_ISSUER: z.string().min(1),
		TOKEN_AUDIENCE: z.string().min(1),
		/** How long a row of a log may wait until the catalog has it, and a message in the queue, before health says so. */
		REPLICATION_LAG_S_MAX: seconds,
		QUEUE_AGE_S_MAX: seconds,
		/** `local` on a developer's machine and in tests: there, and nowhere else, tokens of the keys in TOKEN_JWKS are good. */
		ENVIRONMENT: z.enum(ENVIRONMENTS),
		/** JSON Web Key Set with the public keys that `npm run token` signs with. */
		TOKEN_JWKS: z
			.string()
			.transform((text, context): JSONWebKeySet => {
				try {
					return z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) }).parse(JSON.parse(text));
				} catch {
					context.addIssue("must be a JSON Web Key Set with at least one key");
					return z.NEVER;
				}
			})
			.optional(),
		/** Other issuers whose tokens are good here, as JSON or as a value: domain/people/issuers.ts. */
		TOKEN_ISSUERS: z
			.preprocess((value, context) => {
				try {
					return typeof value === "string" ? JSON.parse(value) : value;
				} catch {
					context.addIssue("must be a list of issuers as JSON");
					return z.NEVER;
				}
			}, issuersSchema)
			.default([]),
	})
	.superRefine(({ TOKEN_ISSUER, TOKEN_ISSUERS, ENVIRONMENT }, context) => {
		const fault = issuersFault(TOKEN_ISSUERS, TOKEN_ISSUER, ENVIRONMENT === "local");
		if (fault !== null) context.addIssue({ code: "custom", path: ["TOKEN_ISSUERS"], message: fault });
	});

export interface Settings {
	tokenIssuer: string;
	tokenAudience: string;
	environment: "local" | "staging" | "production";
	/** Of the issuer of a developer's machine; null in a deployment, whatever its settings say. */
	localKeys: JSONWebKeySet | null;
	/** By their names. */
	issuers: ReadonlyMap<string, Issuer>;
	replicationLagMs: number;
	queueAgeMs: number;
}

const parsed = new WeakMap<object, Settings>();

/**
 * Vars and secrets, parsed once per isolate.
 * @throws with the name of each setting that is missing or wrong
 */
export function settingsOf(env: Env): Settings {
	let settings = parsed.get(env);
	if (!settings) {
		const result = settingsSchema.safeParse(env);
		if (!result.success) throw new Error(`Settings are wrong:\n${z.prettifyError(result.error)}`);
		const { TOKEN_ISSUER, TOKEN_AUDIENCE, TOKEN_ISSUERS, REPLICATION_LAG_S_MAX, QUEUE_AGE_S_MAX } = result.data;
		const { ENVIRONMENT, TOKEN_JWKS = null } = result.data;
		settings = {
			tokenIssuer: TOKEN_ISSUER,
			tokenAudience: TOKEN_AUDIENCE,
			environment: ENVIRONMENT,
			localKeys: ENVIRONMENT === "local" ? TOKEN_JWKS : null,
			issuers: new Map(TOKEN_ISSUERS.map((issuer) => [issuer.issuer, issuer])),
			replicationLagMs: REPLICATION_LAG_S_MAX,
			queueAgeMs: QUEUE_AGE_S_MAX,
		};
		parsed.set(env, settings);
	}
	return settings;
}

/** A setting that nothing may fail for: read once per isolate; where it is missing or wrong, that is told once and `usual` holds. */
function settingOr<T>(name: string, schema: z.ZodType<T>, usual: T): (env: Env) => T {
	const known = new WeakMap<object, { value: T }>();
	return (env) => {
		let setting = known.get(env);
		if (!setting) {
			const result = schema.safeParse(Reflect.get(env, name));
			setting = { value: result.success ? result.data : usual };
			if (!result.success) {
				logLine("error", { at: "settings", name: word(name), error: reason(z.prettifyError(result.error)) });
			}
			known.set(env, setting);
		}
		return setting.value;
	};
}

/** How long a shard waits between two messages. */
export const sendIntervalOf = settingOr(
	"SEND_INTERVAL_MS",
	z
		.string()
		.regex(/^\d{1,4}$/, "must be a whole number of milliseconds")
		.transform(Number)
		.refine((ms) => ms <= SEND_INTERVAL_MS_MAX, `must be at most ${SEND_INTERVAL_MS_MAX}`),
	SEND_INTERVAL_MS_DEFAULT,
);

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

/**
 * Where clients reach this service: addresses in answers begin with it, and never with what a request calls its host. Where the
 * setting is missing or wrong they begin with their path, which is right at any origin.
 */
export const publicOriginOf = settingOr(
	"PUBLIC_ORIGIN",
	z.string().refine(isOrigin, "must be an origin like https://api.example.org"),
	"",
);

/** Pages of these origins may call the service; `*` is those of any. */
export const corsOriginsOf = settingOr<string[]>(
	"CORS_ORIGINS",
	z.array(
		z.union([z.literal("*"), z.string().refine(isOrigin, "must be an origin like https://app.example.org, or *")]),
	),
	[],
);

/** Of the lines that only say that all went well, the share that is logged. Everything else always is. */
export const successShareOf = settingOr(
	"LOG_SUCCESS_SHARE",
	// Of an empty text, Number() would make 0.
	z.string().trim().min(1).transform(Number).pipe(z.number().min(0).max(1)),
	1,
);

const rateSchema = z.strictObject({ limit: z.int().min(1), period: z.literal(RATE_PERIODS_S) });

/** How many requests each class lets through; one that is not here lets through all. */
export const ratesOf = settingOr<Partial<Record<RateClass, Rate>>>(
	"RATE_LIMITS",
	z.partialRecord(z.enum(RATE_CLASSES), rateSchema),
	{},
);

const shareCodeKeySchema = z.object({ SHARE_CODE_KEY: z.string().min(SHARE_CODE_KEY_CHARS_MIN) });

/**
 * The secret that codes of shares are derived with. Only the creation of shares needs it: they are found by their hashes.
 * @throws if it is missing or too short, without saying it
 */
export function shareCodeKeyOf(env: Env): string {
	const result = shareCodeKeySchema.safeParse(env);
	if (!result.success) throw new Error(`Settings are wrong:\n${z.prettifyError(result.error)}`);
	return result.data.SHARE_CODE_KEY;
}

const masterKeysSchema = z.object({
	MASTER_KEYS: z.string().transform((text, context): MasterKeys => {
		const keys = readMasterKeys(text);
		if (keys) return keys;
		context.addIssue("must be like 2:…,1:… with 32 bytes in base64url after each number, and no number twice");
		return z.NEVER;
	}),
});

const masterKeysByEnv = new WeakMap<Env, MasterKeys>();

/**
 * The secrets that keys of users, and of what signs, are wrapped with. The first one seals; the others open what was sealed before it.
 * @throws if they are missing or wrong, without saying them
 */
export function masterKeysOf(env: Env): MasterKeys {
	const known = masterKeysByEnv.get(env);
	if (known) return known;
	const result = masterKeysSchema.safeParse(env);
	if (!result.success) throw new Error(`Settings are wrong:\n${z.prettifyError(result.error)}`);
	masterKeysByEnv.set(env, result.data.MASTER_KEYS);
	return result.data.MASTER_KEYS;
}

/** Below that a secret can be guessed from what it has signed. */
const AUTH_SECRET_CHARS_MIN = 32;

/** `2:<secret>,1:<secret>`, the newest first, or one secret alone. */
const authSecretSchema = z.object({
	AUTH_SECRET: z.string().transform((text, context) => {
		const secrets = text.split(",").map((part) => {
			const [, version = "1", value = ""] = /^(?:(\d{1,4}):)?([^:,]*)$/.exec(part.trim()) ?? [];
			return { version: Number(version), value };
		});
		const isGood = secrets.every(({ value }) => value.length >= AUTH_SECRET_CHARS_MIN);
		if (isGood && new Set(secrets.map(({ version }) => version)).size === secrets.length) return secrets;
		context.addIssue(
			`must be secrets of at least ${AUTH_SECRET_CHARS_MIN} characters, like 2:<secret>,1:<secret>, each version once`,
		);
		return z.NEVER;
	}),
});

export interface AuthSecret {
	version: number;
	value: string;
}

const authSecretsByEnv = new WeakMap<Env, [AuthSecret, ...AuthSecret[]]>();

/**
 * What sign-ins are signed and sealed with: the first, and those of before, which open what they sealed.
 * @throws if it is missing or wrong, without saying it
 */
export function authSecretsOf(env: Env): [AuthSecret, ...AuthSecret[]] {
	const known = authSecretsByEnv.get(env);
	if (known) return known;
	const result = authSecretSchema.safeParse(env);
	if (!result.success) throw new Error(`Settings are wrong:\n${z.prettifyError(result.error)}`);
	const [first, ...others] = result.data.AUTH_SECRET;
	if (!first) throw new Error("no secret was read");
	const secrets: [AuthSecret, ...AuthSecret[]] = [first, ...others];
	authSecretsByEnv.set(env, secrets);
	return secrets;
}

const mailSettingsSchema = z.discriminatedUnion("MAIL", [
	z.object({ MAIL: z.literal("outbox"), ENVIRONMENT: z.literal("local", "mail is kept, and not sent, only locally") }),
	z.object({ MAIL: z.literal("binding"), MAIL_FROM: z.string().min(3) }),
	z
		.object({
			MAIL: z.literal("http"),
			MAIL_FROM: z.string().min(3),
			MAIL_URL: z.url({ protocol: /^https?$/ }).default("https://api.resend.com/emails"),
			MAIL_API_KEY: z.string().min(1),
			ENVIRONMENT: z.enum(ENVIRONMENTS),
		})
		.refine(({ MAIL_URL, ENVIRONMENT }) => ENVIRONMENT === "local" || isPrivateAddress(MAIL_URL), {
			path: ["MAIL_URL"],
			error: "must be https, but on a developer's machine: the key and what people are written go there",
		}),
]);
export type MailSettings = z.output<typeof mailSettingsSchema>;

const mailSettingsByEnv = new WeakMap<Env, MailSettings>();

/** How mail is sent. @throws if that is not said, without saying the key */
export function mailSettingsOf(env: Env): MailSettings {
	const known = mailSettingsByEnv.get(env);
	if (known) return known;
	const result = mailSettingsSchema.safeParse(env);
	if (!result.success) throw new Error(`Settings are wrong:\n${z.prettifyError(result.error)}`);
	mailSettingsByEnv.set(env, result.data);
	return result.data;
}

/**
 * Where the pages are that links in mails lead to: `/verify-email?token=…` and `/reset-password?token=…` of it. Without it they lead to the
 * operations of this service that have these names.
 */
export const appOriginOf = settingOr<string | null>(
	"APP_ORIGIN",
	z
		.string()
		.refine(isOrigin, "must be an origin like https://app.example.org")
		.optional()
		.transform((origin) => origin ?? null),
	null,
);

/** What is kept of where people sign in from: of addresses the network, of user agents the beginning; or nothing. */
export const signInTracesOf = settingOr<"truncated" | "none">("SIGN_IN_TRACES", z.enum(["truncated", "none"]), "none");

const cursorKeysByEnv = new WeakMap<Env, CursorKeys>();

/**
 * The keys that cursors of lists are sealed with, derived from the same secret as codes of shares. A cursor lives for minutes: after a
 * change of the secret those of before are refused, and a list begins again at its first page.
 */
export function cursorKeysOf(env: Env): CursorKeys {
	const known = cursorKeysByEnv.get(env);
	if (known) return known;
	const keys = cursorKeys(shareCodeKeyOf(env));
	cursorKeysByEnv.set(env, keys);
	return keys;
}

/** The key of digests that leave the server, derived from the same secret: domain/concealment.ts. */
export function digestKeyOf(env: Env): string {
	return createHmac("sha256", shareCodeKeyOf(env)).update("marksheet digests 1").digest("hex");
}

/** What Hono knows of a request: the platform's bindings, and what the middleware has found out. */
export interface HonoEnv {
	Bindings: Env;
	Variables: {
		/** The Worker's clock when the request came in; taken once. Milliseconds since the epoch. */
		now: number;
		request_id: string;
		principal: Principal;
		/** In place of a principal, for what a person does with their own account. */
		signed_in: Authorized;
		/** Of the limits that the request was counted in, as `RateLimit-Policy` says them. */
		rate_policies: string | undefined;
		/** The caller is known to be a user of the tenant that the token says: see own-tenant.ts. */
		is_member: boolean;
	};
}
