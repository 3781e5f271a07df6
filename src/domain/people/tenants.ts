import { z } from "zod";

/** What a tenant decides for itself. What is not said is as {@link SETTINGS_DEFAULT} has it. */

const days = z.int().min(1).max(36_500).nullable();

export const tenantSettingsSchema = z.strictObject({
	/** Whether a share, or a public quiz, lets somebody without an account in. */
	guests: z
		.enum(["allowed", "refused"])
		.describe("Whether a share, or a public quiz, lets somebody without an account in"),
	/** Whether public quizzes, lists and previews of shares are shown without a credential. */
	public_reads: z.enum(["allowed", "refused"]).describe("Whether what is public is shown without a credential"),
	/** What is kept of the addresses that changes and attempts come from: nothing, the network, or all of it, sealed. */
	addresses: z.enum(["none", "truncated", "sealed"]).describe("What is kept of the addresses that changes come from"),
	/** Whether it is kept with what program they were made. */
	user_agents: z.enum(["none", "kept"]).describe("Whether it is kept with what program they were made"),
	/** Days after which it is removed; null for never. */
	retention: z
		.strictObject({
			attempts_days: days.describe("For texts of answers"),
			prompts_days: days.describe("For prompts and conversations"),
			addresses_days: days.describe("For addresses"),
			events_days: days.describe("For analytics events"),
		})
		.describe("Days after which it is removed; null for never"),
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
	.extend({ retention: tenantSettingsSchema.shape.retention.partial().describe("Days after which it is removed") })
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

const { guests, public_reads, addresses, user_agents, retention } = tenantSettingsSchema.shape;
const { attempts_days, prompts_days, addresses_days, events_days } = retention.shape;

/** What is known or not of a part, in a row that another release may have written. */
const known = <S extends z.ZodType>(part: S) => part.optional().catch(undefined);

const storedSchema = z.object({
	guests: known(guests),
	public_reads: known(public_reads),
	addresses: known(addresses),
	user_agents: known(user_agents),
	retention: known(
		z.object({
			attempts_days: known(attempts_days),
			prompts_days: known(prompts_days),
			addresses_days: known(addresses_days),
			events_days: known(events_days),
		}),
	),
});

/** As they stand in a row. A part that this release does not know, or that an earlier one left out, is as usual. */
export const settingsIn = (text: string): TenantSettings =>
	settingsAfter(SETTINGS_DEFAULT, storedSchema.parse(JSON.parse(text)));
