import { appOriginOf, publicOriginOf } from "../../env.ts";

/** Where links in mails lead: to a page of the deployment's application, or else to the operation of the same name. */
function linkTo(env: Env, name: "verify-email" | "reset-password" | "invitation", token: string): string {
	const app = appOriginOf(env);
	const base = app === null ? `${publicOriginOf(env)}/v1/auth` : app;
	return `${base}/${name}?token=${encodeURIComponent(token)}`;
}

export const verificationLink = (env: Env, token: string): string => linkTo(env, "verify-email", token);
export const resetLink = (env: Env, token: string): string => linkTo(env, "reset-password", token);
export const invitationLink = (env: Env, code: string): string => linkTo(env, "invitation", code);
