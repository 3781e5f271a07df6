import { z } from "zod";
import { utf8Bytes } from "../canonical.ts";
import {
	AVATAR_CHARS_MAX,
	LOCALE_CHARS_MAX,
	NAME_CHARS_MAX,
	PREFERENCES_BYTES_MAX,
	TIMEZONE_CHARS_MAX,
} from "./limits.ts";

/** What a user says of themselves in a tenant. */

/** A text for people: without control characters, and not blank. */
export const nameSchema = z
	.string()
	.min(1)
	.max(NAME_CHARS_MAX)
	.refine((text) => !/\p{Cc}/u.test(text), "must not have control characters")
	.regex(/\S/, "must not be blank");

/** A name of the IANA time zone database that this runtime knows; an offset is none. */
export function isTimezone(text: string): boolean {
	if (!/^[A-Za-z]/.test(text)) return false;
	try {
		new Intl.DateTimeFormat("en", { timeZone: text });
		return true;
	} catch {
		return false;
	}
}

/** A language tag in its canonical form (BCP 47); null for what is none. */
export function canonicalLocale(text: string): string | null {
	try {
		return Intl.getCanonicalLocales(text)[0] ?? null;
	} catch {
		return null;
	}
}

const isImageAddress = (text: string): boolean => /^https:\/\//i.test(text) && URL.canParse(text);

export const profileSchema = z.strictObject({
	/** As others see it. */
	name: nameSchema.nullable(),
	first_name: nameSchema.nullable(),
	last_name: nameSchema.nullable(),
	/** Address of an image. */
	avatar: z
		.string()
		.max(AVATAR_CHARS_MAX)
		.refine(isImageAddress, "must be an address that begins with https://")
		.nullable(),
	timezone: z
		.string()
		.max(TIMEZONE_CHARS_MAX)
		.refine(isTimezone, "must be a name of the IANA time zone database, like Europe/Berlin")
		.nullable(),
	locale: z
		.string()
		.max(LOCALE_CHARS_MAX)
		.refine((text) => canonicalLocale(text) !== null, "must be a language tag, like pt-BR")
		.transform(canonicalLocale)
		.nullable(),
	/** Of clients, which alone know what they mean. */
	preferences: z
		.record(z.string(), z.json())
		.refine(
			(value) => utf8Bytes(JSON.stringify(value)) <= PREFERENCES_BYTES_MAX,
			`must have at most ${PREFERENCES_BYTES_MAX} bytes`,
		),
});
export type Profile = z.output<typeof profileSchema>;
export type ProfileField = keyof Profile;

/** What of a profile a request changes; the rest stays. */
export type ProfileChange = { [F in ProfileField]?: Profile[F] | undefined };

export const NO_PROFILE: Profile = {
	name: null,
	first_name: null,
	last_name: null,
	avatar: null,
	timezone: null,
	locale: null,
	preferences: {},
};

/** The profile as columns of a row, where preferences are JSON. */
export interface ProfileRow extends Omit<Profile, "preferences"> {
	preferences: string;
}

export const profileRow = ({ preferences, ...profile }: Profile): ProfileRow => ({
	...profile,
	preferences: JSON.stringify(preferences),
});

/** Which fields of two profiles differ: what a log may say of a change of private matters. */
export const changedFields = (before: ProfileRow, after: ProfileRow): ProfileField[] =>
	profileSchema.keyof().options.filter((field) => before[field] !== after[field]);
