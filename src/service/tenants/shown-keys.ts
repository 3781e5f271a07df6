import type { ApiKey } from "../../accounts/api-keys.ts";
import type { Service } from "../../accounts/services.ts";
import { API_KEY_PREFIX } from "../../domain/people/api-keys.ts";
import { type Scope, scopesIn } from "../../domain/people/roles.ts";

export const shownService = ({ id, name, created_by, created_at, disabled_at }: Service) => ({
	id,
	name,
	created_by,
	created_at,
	disabled_at,
});
export type ShownService = ReturnType<typeof shownService>;

/** A key without its secret, of which nothing is known any more but that it begins with this. */
export function shownKey(key: ApiKey) {
	const { id, service_id, name, rate_class, created_by, created_at, expires_at, last_used_at, revoked_at, successor } =
		key;
	const scopes: Scope[] = scopesIn(key.scopes);
	const begins_with = `${API_KEY_PREFIX}${id.slice("key_".length)}`;
	const times = { created_at, expires_at, last_used_at, revoked_at };
	return { id, service: service_id, name, begins_with, scopes, rate_class, created_by, ...times, successor };
}
export type ShownKey = ReturnType<typeof shownKey>;

/** A key with what it is, the one time that this is known: null in the answer to a retry. */
export interface NewKey extends ShownKey {
	secret: string | null;
}
