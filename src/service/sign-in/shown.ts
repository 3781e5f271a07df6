import type { OpenSession, Session } from "../../accounts/sessions.ts";

/** Accounts and sessions as the person sees them. */
export interface ShownAccount {
	id: string;
	email: string;
	name: string;
	email_verified: boolean;
	two_factor_enabled: boolean;
	created_at: number;
}

export interface ShownSession {
	id: string;
	created_at: number;
	expires_at: number;
	network: string | null;
	user_agent: string | null;
	/** It is the one that asks. */
	current: boolean;
}

export const shownSession = (session: Session, current: string): ShownSession => ({
	id: session.id,
	created_at: session.created_at,
	expires_at: session.expires_at,
	network: session.network,
	user_agent: session.user_agent,
	current: session.id === current,
});

export const accountOf = (session: OpenSession): ShownAccount => ({
	id: session.account_id,
	email: session.email,
	name: session.name,
	email_verified: session.email_verified === 1,
	two_factor_enabled: session.two_factor_enabled === 1,
	created_at: session.account_created_at,
});
