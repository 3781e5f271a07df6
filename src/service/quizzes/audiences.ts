import { audiencesOf } from "../../catalog/quizzes/quizzes.ts";
import type { Ctx } from "../context.ts";
import type { Principal } from "../principal.ts";

/** No id of a user. */
const NOBODY = "nobody";

/** Of whoever has no credential. */
export const PUBLIC_ONLY = audiencesOf({ tenant: NOBODY, user: NOBODY });

/**
 * The audiences that whoever calls belongs to. The third one is a bare user id, so it is for those alone who are known to be
 * that user of that tenant.
 */
export function audiences({ principal, is_member }: Ctx) {
	return audiencesAs(principal, is_member ? principal.subject : NOBODY);
}

/** The same of a user for whom the caller acts. What is for a tenant is not for its guests, whom anybody can become. */
export const audiencesAs = ({ is_guest, tenant }: Principal, user: string) =>
	audiencesOf({ tenant: is_guest ? NOBODY : tenant, user });
