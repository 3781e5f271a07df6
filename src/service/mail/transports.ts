import { MAIL_WAIT_MS } from "../../domain/mail/limits.ts";
import type { Mail } from "../../domain/mail/mails.ts";
import type { MailSettings } from "../../env.ts";

/** What became of a mail that a service was given: `refused` is for ever, `failed` may be tried again. */
export type Handover = { ok: true } | { ok: false; why: "refused" | "failed"; detail: string };

/** @param id names the mail to the service, so that one that is given twice is sent once */
type Transport<S extends MailSettings> = (env: Env, settings: S, id: string, mail: Mail) => Promise<Handover>;

type Of<M extends MailSettings["MAIL"]> = Extract<MailSettings, { MAIL: M }>;

/** The platform's binding `EMAIL` (`[[send_email]]`). */
const byBinding: Transport<Of<"binding">> = async function byBinding(env, { MAIL_FROM }, _, { to, subject, text }) {
	const binding: unknown = Reflect.get(env, "EMAIL");
	if (!isSendEmail(binding)) return { ok: false, why: "failed", detail: "there is no binding EMAIL" };
	try {
		await binding.send({ from: MAIL_FROM, to, subject, text });
		return { ok: true };
	} catch (error) {
		return { ok: false, why: "failed", detail: error instanceof Error ? error.name : "Error" };
	}
};

const isSendEmail = (value: unknown): value is SendEmail =>
	typeof value === "object" && value !== null && "send" in value && typeof value.send === "function";

/** A mail service as Resend's API has it: https://resend.com/docs/api-reference/emails/send-email. */
const byHttp: Transport<Of<"http">> = async function byHttp(_, settings, id, { to, subject, text }) {
	const { MAIL_URL, MAIL_API_KEY, MAIL_FROM } = settings;
	try {
		const response = await fetch(MAIL_URL, {
			method: "POST",
			headers: {
				Authorization: `Bearer ${MAIL_API_KEY}`,
				"Content-Type": "application/json",
				"Idempotency-Key": id,
			},
			body: JSON.stringify({ from: MAIL_FROM, to: [to], subject, text }),
			redirect: "manual",
			signal: AbortSignal.timeout(MAIL_WAIT_MS),
		});
		await response.body?.cancel();
		if (response.ok) return { ok: true };
		return { ok: false, why: isForEver(response.status) ? "refused" : "failed", detail: `status ${response.status}` };
	} catch (error) {
		return { ok: false, why: "failed", detail: error instanceof Error ? error.name : "Error" };
	}
};

/** The mail itself is at fault; anything else may be mended: a key that is wrong, an account that is over its quota. */
const isForEver = (status: number) => status === 400 || status === 413 || status === 422;

export function handOver(env: Env, settings: MailSettings, id: string, mail: Mail): Promise<Handover> {
	switch (settings.MAIL) {
		case "outbox":
			return Promise.resolve({ ok: false, why: "failed", detail: "mail is only kept here" });
		case "binding":
			return byBinding(env, settings, id, mail);
		case "http":
			return byHttp(env, settings, id, mail);
	}
}
