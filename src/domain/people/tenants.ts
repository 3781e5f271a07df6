import { z } from "zod";

/** What a tenant decides for itself. What is not said is as {@link SETTINGS_DEFAULT} has it. */

const days = z.int().min(1).max(36_500).nullable();

export const tenantSettingsSchema = z.strictObject({
	/** Whether a share, or a public quiz, lets somebody without an account in. */
	guests: z.enum(["allowed", "refused"]),
	/** Whether public quizzes, lists and previews of shares are shown without a credential. */
	public_reads: z.enum(["allowed", "refused"]),
	/** What is kept of the addresses that changes and attempts come from: nothing, the network, or all of it, sealed. */
	addresses: z.enum(["none", "truncated", "sealed"]),
	/** Whether it is kept with what program they were made. */
	user_agents: z.enum(["none", "kept"]),
	/** Days after which it is removed; null for never. */
	retention: z.strictObject({ attempts_days: days, prompts_days: days, addresses_days: days, events_days: days }),
});
export type TenantSettings = z.output<typeof tenantSettingsSchema>;

export const SETTINGS_DEFAULT: TenantSettings = {
	guests: "refused",
	public_reads: "allowed",
	addresses: "none",
	user_agents: "none",
	retention: { attempts_days: null, prompts_days: null, addresses_days: null, events_days: null },
};

/** What a change of the settings may say: any part of them. */
export const settingsChangeSchema = tenantSettingsSchema
	.extend({ retention: tenantSettingsSchema.shape.retention.partial() })
	.partial();
export type SettingsChange = z.output<typeof settingsChangeSchema>;

/** The settings after a change. */
export const settingsAfter = (settings: TenantSettings, { retention, ...change }: SettingsChange): TenantSettings => {
	const said = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
	const days = Object.fromEntries(Object.entries(retention ?? {}).filter(([, value]) => value !== undefined));
	return { ...settings, ...said, retention: { ...settings.retention, ...days } };
};

/** What stands in a row after a change: what was said so far and now, and what a later release has written. */
export function storedAfter(text: string, { retention, ...change }: SettingsChange): string {
	const stored: { retention?: object } = JSON.parse(text);
	return JSON.stringify({
		...stored,
		...change,
		...(retention && { retention: { ...stored.retention, ...retention } }),
	});
}

/** As they stand in a row. A part that this release does not know, or that an earlier one left out, is as usual. */
export function settingsIn(text: string): TenantSettings {
	const stored: unknown = JSON.parse(text);
	const known = settingsChangeSchema.loose().safeParse(stored);
	return known.success
		? tenantSettingsSchema.parse(pick(settingsAfter(SETTINGS_DEFAULT, known.data)))
		: SETTINGS_DEFAULT;
}

const pick = ({ guests, public_reads, addresses, user_agents, retention }: TenantSettings): TenantSettings => {
	const { attempts_days, prompts_days, addresses_days, events_days } = retention;
	return {
		guests,
		public_reads,
		addresses,
		user_agents,
		retention: { attempts_days, prompts_days, addresses_days, events_days },
	};
};
