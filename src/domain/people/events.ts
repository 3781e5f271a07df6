import { z } from "zod";
import { time } from "../log/event-fields.ts";
import { RATE_CLASSES } from "../rate-limits.ts";

/**
 * What the log of a tenant's own object says of its changes, and that of the installation. What stands in log/events.ts about changing
 * these holds here too. A log is for ever, so what is a person's private matter stands in none of them: names of people, addresses and
 * preferences are told by the names of their fields alone.
 */

/** Of each of them: by which request, for whom, and from where as far as the tenant keeps that. */
const request = z.object({
	/** By which the object knows it again. */
	id: z.string(),
	request_id: z.string(),
	/** For whom the actor did it, where that is another. */
	on_behalf_of: z.string().optional(),
	/** The network, or the whole address, sealed. */
	address: z.string().optional(),
	user_agent: z.string().optional(),
	/** Fields that were changed, and whose values are private. */
	private: z.array(z.string()).optional(),
});

/** @param values what the event tells of: what of it was so before, and what is so after it */
const changeOf = <S extends z.ZodObject>(values: S) =>
	request.extend({ before: values.partial().optional(), after: values.partial().optional() });

const tenant = z.object({
	name: z.string(),
	kind: z.string(),
	plan: z.string(),
	jurisdiction: z.string().nullable(),
	region: z.string().nullable(),
	/** Those that were changed. */
	settings: z.record(z.string(), z.json()),
});

const member = z.object({
	role: z.string(),
	status: z.string(),
	/** That the user came by. */
	invitation: z.string(),
});

const invitation = z.object({ role: z.string(), expires_at: time });

const service = z.object({ name: z.string() });

const key = z.object({
	name: z.string(),
	service: z.string(),
	scopes: z.array(z.string()),
	rate_class: z.enum(RATE_CLASSES),
	expires_at: time.nullable(),
	successor: z.string(),
});

/** `input` is null where it is too long. */
const operation = z.object({ operation: z.string(), input: z.json() });

/** Bodies of the events of tenants; a part of what a log row can say. */
export const TENANT_BODIES = {
	"tenant.created": changeOf(tenant),
	"tenant.changed": changeOf(tenant),
	"member.added": changeOf(member),
	"member.invited": changeOf(invitation),
	"member.uninvited": changeOf(invitation),
	"member.joined": changeOf(member),
	"member.changed": changeOf(member),
	"member.disabled": changeOf(member),
	"member.restored": changeOf(member),
	/** The erasure of a user was asked for, and is over. */
	"member.erasing": changeOf(member),
	"member.erased": changeOf(member),
	"service.created": changeOf(service),
	"service.disabled": changeOf(service),
	"service.restored": changeOf(service),
	"key.created": changeOf(key),
	"key.rotated": changeOf(key),
	"key.revoked": changeOf(key),
	/** In the log of the installation: what its operator has asked for. */
	"installation.operated": changeOf(operation),
} as const satisfies Record<string, z.ZodType>;

export type TenantKind = keyof typeof TENANT_BODIES;

export const isTenantKind = (kind: string): kind is TenantKind => Object.hasOwn(TENANT_BODIES, kind);

export const TENANT_KINDS = Object.keys(TENANT_BODIES).filter(isTenantKind);

/** An event as it waits to be recorded, and as the object records it. */
export type TenantEvent<K extends TenantKind = TenantKind> = {
	[P in K]: { kind: P; at: number; actor: string; subject: string; body: z.output<(typeof TENANT_BODIES)[P]> };
}[K];

const eventSchema = z.object({
	kind: z.enum(TENANT_KINDS),
	at: time,
	actor: z.string(),
	subject: z.string(),
	body: z.unknown(),
});

/** An event as it was written down. @throws z.ZodError for one that this release does not know */
export function readTenantEvent(text: string): TenantEvent {
	const { body, ...event } = eventSchema.parse(JSON.parse(text));
	// The schema is the one of this very kind, so kind and body agree.
	return { ...event, body: TENANT_BODIES[event.kind].parse(body) } as TenantEvent;
}
