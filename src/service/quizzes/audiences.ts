import { audiencesOf } from "../../catalog/quizzes/quizzes.ts";
import type { Ctx } from "../context.ts";

/** No id of a user. */
const NOBODY = "nobody";

/** Of whoever has no credential. */
export const PUBLIC_ONLY = audiencesOf({ tenant: NOBODY, user: NOBODY });

/**
 * The audiences that whoever calls belongs to. The third one is a bare user id, so it is for those alone who are known to be
 * that user of that tenant.
 */
export function audiences({ principal, is_member }: Ctx) {
	const { tenant, subject } = principal;
	return audiencesOf({ tenant, user: is_member ? subject : NOBODY });
}
