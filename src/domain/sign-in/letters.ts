import type { Mail } from "../mail/mails.ts";

/** What people are written about signing in. Plain text; nothing in it says more than who has the mailbox may know. */

export const verificationLetter = (to: string, link: string): Mail => ({
	to,
	subject: "Confirm your address",
	text: `Somebody, probably you, has signed up for Marksheet with this address.

To confirm that it is yours, open this link within a day:

${link}

If it was not you, do nothing: without the link the account cannot be used.`,
	link,
});

export const knownAddressLetter = (to: string): Mail => ({
	to,
	subject: "You have an account already",
	text: `Somebody, probably you, has tried to sign up for Marksheet with this address. It has an account already, so nothing was changed.

If you have forgotten your password, ask for a new one where you sign in. If it was not you, you need do nothing.`,
	link: null,
});

export const resetLetter = (to: string, link: string): Mail => ({
	to,
	subject: "Choose a new password",
	text: `Somebody, probably you, has asked for a new password for the account of this address.

To choose one, open this link within an hour:

${link}

If it was not you, do nothing: your password stays as it is.`,
	link,
});

export const passwordChangedLetter = (to: string): Mail => ({
	to,
	subject: "Your password was changed",
	text: `The password of your account was changed, and all other devices were signed out.

If it was not you, ask for a new password where you sign in, and look through your mailbox's own security.`,
	link: null,
});

export const newAddressLetter = (to: string, link: string): Mail => ({
	to,
	subject: "Confirm your new address",
	text: `Somebody, probably you, wants to use this address for their account.

To confirm that it is yours, open this link within a day:

${link}

If it was not you, do nothing.`,
	link,
});

export const addressChangeLetter = (to: string): Mail => ({
	to,
	subject: "Your address is about to change",
	text: `Somebody who is signed in to your account has asked for another address for it. It changes once that address has been confirmed.

If it was not you, change your password now.`,
	link: null,
});
