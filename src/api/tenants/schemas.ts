import { z } from "@hono/zod-openapi";
import { TENANT_KINDS } from "../../domain/people/events.ts";
import {
	API_KEY_ROTATION_OVERLAP_MS_MAX,
	INVITATION_CODE_CHARS_MAX,
	PROFILE_COUNT_MAX,
} from "../../domain/people/limits.ts";
import { JURISDICTIONS, REGIONS } from "../../domain/people/placement.ts";
import { PLANS } from "../../domain/people/plans.ts";
import { nameSchema, profileSchema } from "../../domain/people/profiles.ts";
import { KEY_SCOPES, MEMBER_ROLES, ROLES, SCOPES } from "../../domain/people/roles.ts";
import { settingsChangeSchema, tenantSettingsSchema } from "../../domain/people/tenants.ts";
import { PRINCIPAL_CLASSES } from "../../domain/rate-limits.ts";
import { USER_STATUSES } from "../../service/tenants/list-users.ts";
import { inputTime, ofUser, serviceId, time } from "../schemas.ts";
import { email } from "../sign-in/schemas.ts";

/** Shapes of tenants, their users, machines, keys, and of what is said of their changes. */

const text = (description: string) => z.string().describe(description);
const name = nameSchema.describe("For people");

const settings = tenantSettingsSchema.openapi("TenantSettings", { description: "What a tenant decides for itself" });

export const tenant = z
	.object({
		id: text("Of the tenant. Its end says where its objects are, if that is anywhere in particular"),
		name: text("For people"),
		kind: z.enum(["personal", "organization"]).describe("`personal`: a person has it alone, and nobody can be added"),
		plan: z.enum(PLANS).describe("What it pays for; the operator of the installation says it"),
		jurisdiction: z.enum(JURISDICTIONS).nullable().describe("Where its data stay, guaranteed; null for anywhere"),
		region: z
			.enum(REGIONS)
			.nullable()
			.describe("Near where its objects were asked to be; null for near their first caller"),
		settings,
		created_at: time("When it was made"),
	})
	.openapi("Tenant", { description: "An organization, or the tenant that a person has alone" });

export const madeTenant = tenant
	.extend({ user: ofUser("Who its maker is in it, its owner: ask for a token of this user") })
	.openapi("MadeTenant", { description: "A new tenant" });

export const tenantBody = z
	.strictObject({
		name,
		jurisdiction: z
			.enum(JURISDICTIONS)
			.nullable()
			.default(null)
			.describe("Where all objects of the tenant and its users stay; it can never be changed"),
		region: z
			.enum(REGIONS)
			.nullable()
			.default(null)
			.describe("Near where they are asked to be; it can never be changed"),
	})
	.openapi("TenantBody", { description: "A tenant to be made", example: { name: "Riverside School" } });

export const tenantChange = z
	.strictObject({
		name: name.optional(),
		settings: settingsChangeSchema.optional().describe("Those that are to be another; the rest stays"),
		plan: z.enum(PLANS).optional().describe("Needs `admin`: the operator says it, of any tenant"),
	})
	.openapi("TenantChange", {
		description: "What is to be another",
		example: { settings: { guests: "allowed", retention: { prompts_days: 90 } } },
	});

export const invitationBody = z
	.strictObject({
		email,
		role: z.enum(MEMBER_ROLES).default("learner").describe("What the person may do then"),
	})
	.openapi("InvitationBody", {
		description: "Whom to ask in",
		example: { email: "grace@example.org", role: "author" },
	});

export const invitation = z
	.object({
		id: text("Of the invitation, as in `inv_00001j6s5t8cfgq3nkw7r2vd`"),
		email: text("Whom it was sent to"),
		role: z.enum(MEMBER_ROLES).describe("What the person may do then"),
		status: z.enum(["open", "accepted", "revoked", "expired"]).describe("Whether it can be accepted yet"),
		created_by: text("Who asked the person in"),
		created_at: time("When it was sent"),
		expires_at: time("Until when it can be accepted"),
		accepted_at: time("When it was accepted; null if it was not").nullable(),
		revoked_at: time("When it was revoked, or replaced by another; null if it was not").nullable(),
	})
	.openapi("Invitation", { description: "An invitation, without its code" });

const code = z.string().min(1).max(INVITATION_CODE_CHARS_MAX).describe("The code in the mail");
export const codeQuery = z.object({ token: code });
export const acceptanceBody = z
	.strictObject({ token: code })
	.openapi("AcceptanceBody", { description: "Which invitation is accepted", example: { token: "miv_…" } });

export const invitationOffer = z
	.object({
		tenant: text("Which tenant it is of"),
		tenant_name: text("What that is called"),
		role: z.enum(MEMBER_ROLES).describe("What one may do then"),
		email: text("The address that an account must have to accept it"),
		expires_at: time("Until when it can be accepted"),
	})
	.openapi("InvitationOffer", { description: "What an invitation offers" });

export const membership = z
	.object({
		tenant: text("The tenant that one is of now"),
		user: ofUser("Who one is in it: ask for a token of this user"),
		role: z.enum(ROLES).describe("What one may do"),
	})
	.openapi("AcceptedInvitation", { description: "A membership" });

const profileFields = {
	name: profileSchema.shape.name.optional().describe("As others see it"),
	first_name: profileSchema.shape.first_name.optional().describe("First name"),
	last_name: profileSchema.shape.last_name.optional().describe("Last name"),
	avatar: profileSchema.shape.avatar.optional().describe("Address of an image"),
	timezone: profileSchema.shape.timezone
		.optional()
		.openapi({ type: ["string", "null"], description: "Of the IANA time zone database", example: "Europe/Berlin" }),
	locale: profileSchema.shape.locale.optional().openapi({
		type: ["string", "null"],
		description: "A language tag (BCP 47); it is kept in its canonical form",
		example: "pt-BR",
	}),
	preferences: profileSchema.shape.preferences.optional().openapi({
		type: "object",
		additionalProperties: true,
		description: "What clients keep for the user, at most 8,000 bytes as JSON. It is replaced as a whole",
		example: { theme: "dark" },
	}),
};

export const profileChange = z.strictObject(profileFields).openapi("ProfileChange", {
	description: "What is to be another; the rest stays",
	example: { timezone: "Europe/Berlin" },
});

const role = z.enum(MEMBER_ROLES).describe("What the user may do");

export const memberBody = z
	.strictObject({ role: role.optional(), ...profileFields })
	.openapi("MemberBody", { description: "A user to be added", example: { role: "learner", name: "Ada" } });

export const userBody = z
	.strictObject({
		role: role.optional().describe("`learner` for a new user; absent, that of one who is there stays"),
		...profileFields,
	})
	.openapi("UserBody", {
		description: "A user as it is to be; what is absent of the profile is removed",
		example: { name: "Ada" },
	});

export const roleBody = z
	.strictObject({ role })
	.openapi("RoleBody", { description: "A role", example: { role: "author" } });

const shownProfile = {
	name: text("As others see it").nullable(),
	first_name: text("First name").nullable(),
	last_name: text("Last name").nullable(),
	avatar: text("Address of an image").nullable(),
	timezone: text("Of the IANA time zone database").nullable(),
	locale: text("A language tag (BCP 47)").nullable(),
};

const status = z.enum(USER_STATUSES);

const memberFields = {
	id: ofUser("Who it is"),
	role: z.enum(ROLES).describe("What the user may do"),
	status: status.describe("`disabled`: may not come in, and nobody acts for the user"),
	...shownProfile,
	has_account: z.boolean().describe("A person stands behind it who signs in here"),
	email: text("Of the person's account; null where there is none").nullable(),
	created_at: time("When it was made"),
	disabled_at: time("When it was disabled; null for one who is not").nullable(),
	last_login_at: time("When a token was last given to the user; null for never").nullable(),
};

const preferences = z.record(z.string(), z.unknown()).describe("What clients keep for the user");

export const member = z.object(memberFields).openapi("Member", { description: "A user of a tenant, in a list" });

export const tenantUser = z
	.object({ ...memberFields, preferences })
	.openapi("TenantUser", { description: "A user, as the tenant's managers see it" });

export const statusFilter = status.optional().describe("Only those of this status");

export const profile = z
	.object({
		id: ofUser("Who it is"),
		tenant: text("The tenant that the user is of, for ever"),
		role: z.enum(ROLES).describe("What the user may do"),
		status: status.describe("Whether the user may come in"),
		...shownProfile,
		preferences,
		tier: text("Of the user's plan of credits; null for none").nullable(),
		created_at: time("When the user was made"),
		last_login_at: time("When a token was last given to the user; null for never").nullable(),
		counts: z
			.object({
				attempts: z.int().min(0).describe(`Attempts that were submitted, counted up to ${PROFILE_COUNT_MAX}`),
				quizzes: z.int().min(0).describe("Own quizzes, drafts too, that are not deleted"),
				favorites: z.int().min(0).describe("Quizzes among the favourites"),
			})
			.describe("How much the user has"),
	})
	.openapi("UserProfile", { description: "A user, as the user sees it" });

export const serviceBody = z
	.strictObject({ name })
	.openapi("ServiceBody", { description: "A machine", example: { name: "Generator" } });

export const service = z
	.object({
		id: text("Of the service, as in `svc_00001j6s5t8cfgq3nkw7r2vd`"),
		name: text("For people"),
		created_by: text("Who made it"),
		created_at: time("When it was made"),
		disabled_at: time("When it was disabled; null for one that is not").nullable(),
	})
	.openapi("Service", { description: "A machine of a tenant" });

const keyScope = z.enum(KEY_SCOPES);

export const keyBody = z
	.strictObject({
		service: serviceId.describe("Whose key it is"),
		name,
		scopes: z.array(keyScope).min(1).max(KEY_SCOPES.length).describe("What it is good for"),
		rate_class: z
			.enum(PRINCIPAL_CLASSES)
			.optional()
			.describe("How many requests it may send; absent, the most that the tenant's plan gives"),
		expires_at: inputTime("From when on it is good no longer").nullable().optional(),
	})
	.openapi("ApiKeyBody", {
		description: "A key to be made",
		example: { service: "svc_00001j6s5t8cfgq3nkw7r2vd", name: "Production", scopes: ["credits:grant", "on-behalf-of"] },
	});

export const rotationBody = z
	.strictObject({
		overlap_s: z
			.int()
			.min(0)
			.max(API_KEY_ROTATION_OVERLAP_MS_MAX / 1_000)
			.default(24 * 60 * 60)
			.describe("Seconds for which both keys are good"),
	})
	.openapi("RotationBody", { description: "How a key is rotated", example: { overlap_s: 3_600 } });

export const key = z
	.object({
		id: text("Of the key, as in `key_00001j6s5t8cfgq3nkw7r2vd`"),
		service: text("Whose key it is"),
		name: text("For people"),
		begins_with: text("What the secret begins with, to know it by"),
		scopes: z.array(z.enum(SCOPES)).describe("What it is good for"),
		rate_class: z.enum(PRINCIPAL_CLASSES).describe("How many requests it may send"),
		created_by: text("Who made it"),
		created_at: time("When it was made"),
		expires_at: time("From when on it is good no longer; null for never").nullable(),
		last_used_at: time("When it was last used, to the hour; null for never").nullable(),
		revoked_at: time("When it was revoked; null for one that is not").nullable(),
		successor: text("The key that took its place; null for none").nullable(),
	})
	.openapi("ApiKey", { description: "A key, without its secret" });

export const newKey = key
	.extend({
		secret: text(
			"The key itself, to be sent as `Authorization: Bearer …`. It is shown here and nowhere else, so it is null in the answer to a retry",
		).nullable(),
	})
	.openapi("NewApiKey", { description: "A new key, with its secret" });

export const eventKind = z.enum(TENANT_KINDS);

const said = z.record(z.string(), z.unknown()).nullable();

export const event = z
	.object({
		seq: z.int().min(1).describe("Its place in the log"),
		at: time("When it happened"),
		kind: text("What happened, as in `member.disabled`"),
		actor: text("Who did it: a user, a service, an account"),
		on_behalf_of: text("For whom, where that is another; null where it is not").nullable(),
		subject: text("To what: an id"),
		before: said.describe("What was so before, of what was changed; null where there is nothing to say"),
		after: said.describe("What is so since"),
		private: z.array(z.string()).describe("Fields that were changed too, whose values are in no log"),
		request_id: text("The `X-Request-Id` of the request that did it"),
		address: text("Where it came from, as far as the tenant keeps that; null where it does not").nullable(),
		user_agent: text("By what program, as far as the tenant keeps that; null where it does not").nullable(),
		hash: text("Stands for this row and all before it; 64 hex digits"),
	})
	.openapi("AuditEvent", { description: "A row of the log of a tenant" });
