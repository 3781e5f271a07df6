import { z } from "zod";
import { accountsViewOf } from "./accounts-view.ts";
import type { TokenCtx } from "./issue-token.ts";

/** What is shown of a key: what is not here, such as a private half, never is. */
const publicKeySchema = z.object({
	kty: z.literal("EC"),
	crv: z.string(),
	x: z.string(),
	y: z.string(),
	kid: z.string(),
	alg: z.string(),
	use: z.literal("sig"),
});
type PublicKey = z.output<typeof publicKeySchema>;

/** The public keys that tokens of this installation are verified with, newest first. */
export async function publishedKeys({ env, now, later }: TokenCtx): Promise<PublicKey[]> {
	const view = accountsViewOf(env);
	await view.refresh(now, later);
	return view.keys().map(({ jwk }) => publicKeySchema.parse(jwk));
}
