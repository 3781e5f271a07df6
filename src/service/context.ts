import type { Principal } from "./principal.ts";

/** As the platform and the client say it; null where they say nothing. */
export interface CameFrom {
	address: string | null;
	user_agent: string | null;
}

/** What a verb works with besides its input: a door makes it of a request. */
export interface Ctx {
	env: Env;
	principal: Principal;
	/** The Worker's clock when the request came in, milliseconds since the epoch. */
	now: number;
	request_id: string;
	idempotency_key: string | undefined;
	/** The caller is known to be a user of the principal's tenant: see tenants.ts. */
	is_member: boolean;
	/** Where the request comes from. What of it is kept is the tenant's decision. */
	came_from(): CameFrom;
	/** The bookmark of what the caller has seen of the catalog, or null. */
	seen(): string | null;
	/** Tells the caller the bookmark of what the answer was read from. */
	reached(bookmark: string): void;
	/** Lets work go on after the answer. */
	later(work: Promise<unknown>): void;
}
