import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../units.ts";

/** The limits of mail, each with its unit. */

/** To one address, whoever asks for it: more are dropped without a word, since nobody is to learn who is written to. */
export const MAILS_PER_ADDRESS_MAX = 20;
export const MAILS_COUNTED_MS = HOUR_MS;
/** How long one who sends a mail has for it, before another may. */
export const MAIL_LEASE_MS = MINUTE_MS;
export const MAIL_ATTEMPTS_MAX = 8;
/** Doubled with each attempt. */
export const MAIL_PAUSE_MS = MINUTE_MS;
export const MAIL_PAUSE_MS_MAX = 6 * HOUR_MS;
/** How long a mail service may take to answer. */
export const MAIL_WAIT_MS = 10 * SECOND_MS;
/** Mails that one run of the schedule sends. */
export const MAILS_SENT_AT_ONCE_MAX = 20;
export const MAILS_KEPT_MS = 7 * DAY_MS;
/** What `GET /dev/mail` shows. */
export const MAILS_SHOWN_MAX = 50;
