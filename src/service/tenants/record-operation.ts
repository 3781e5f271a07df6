import { type Json, utf8Bytes } from "../../domain/canonical.ts";
import { INSTALLATION, INSTALLATION_KEEPS } from "../../domain/people/installation.ts";
import { AUDIT_INPUT_BYTES_MAX } from "../../domain/people/limits.ts";
import type { Ctx } from "../context.ts";
import { askerOf } from "./asker.ts";
import { deliverOrLeave } from "./deliver.ts";
import { commitTelling } from "./telling.ts";

type Input = Exclude<Json, undefined>;

/**
 * Writes down what the operator asks for, before it is done: what is not written down is not done either. The scope was asked for.
 * @param operation method and path
 */
export async function recordOperation(
	ctx: Ctx,
	{ operation, input }: { operation: string; input: Input },
): Promise<void> {
	const { env, principal, now } = ctx;
	const isShort = utf8Bytes(JSON.stringify(input)) <= AUDIT_INPUT_BYTES_MAX;
	await commitTelling(askerOf(ctx), {
		tenant: INSTALLATION,
		kept: INSTALLATION_KEEPS,
		kind: "installation.operated",
		subject: principal.subject,
		says: { after: { operation, input: isShort ? input : null } },
	});
	ctx.later(deliverOrLeave(env, INSTALLATION, now));
}
