import { findShare } from "../../catalog/sharing/shares.ts";
import { sha256Hex } from "../../domain/canonical.ts";
import { ID_PATTERNS } from "../../domain/ids.ts";
import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { readShareCode } from "../../domain/sharing/share-codes.ts";
import type { Access } from "../../domain/sharing/shares.ts";
import type { Visit } from "../../shard/sharing/calls.ts";
import type { Ctx } from "../context.ts";
import { isShownOf } from "../open-reads.ts";
import { isAnonymous } from "../principal.ts";
import { countMiss, guesserRefusal } from "./misses.ts";

/** The share that a code is of, and how the caller visits its owner's shard. */
export interface Shared {
	id: string;
	owner: string;
	access: Access;
	code_hash: string;
	visit: Visit;
}

const missing = (detail: string) => refused({ code: "not-found", detail });

/**
 * Gates: a user and no service, or nobody at all; who calls has not guessed too often; the code is of a share, whose owner's tenant shows previews to
 * whoever has no credential.
 */
export async function sharedBy(ctx: Ctx, text: string): Promise<Outcome<Shared>> {
	const { env, principal, now, request_id, idempotency_key } = ctx;
	const { subject: visitor, tenant, actor } = principal;
	if (!ID_PATTERNS.user.test(visitor) && !isAnonymous(principal)) {
		return missing("Shares are for users; a service has nothing that a share could give.");
	}
	const caller = isAnonymous(principal) ? actor : visitor;
	const guesser = guesserRefusal(caller, now);
	if (guesser) return refused(guesser);
	const code = readShareCode(text);
	const code_hash = sha256Hex(code ?? "");
	const known = code === null ? null : await findShare(env.CATALOG, code_hash);
	if (!known || !(await isShownOf(ctx, known.owner))) {
		countMiss(caller, now);
		const typo = "This is not a code: a character is wrong, missing or too much.";
		return missing(code === null ? typo : "There is no share with this code.");
	}
	return accepted({ ...known, code_hash, visit: { visitor, tenant, now, request_id, idempotency_key } });
}
