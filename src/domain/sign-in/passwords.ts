import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from "./limits.ts";

/**
 * What a password must be: long, and none that is tried first (NIST SP 800-63B, section 3.1.1.2). No kinds of characters are asked for.
 */

/** The beginnings of what is tried first, of {@link PASSWORD_CHARS_MIN} characters and more; in lower case. */
const TRIED_FIRST = [
	"0123456789",
	"1q2w3e4r5t",
	"1qaz2wsx3edc",
	"abc1234567",
	"abcd123456",
	"admin12345",
	"administrator",
	"changeme",
	"football",
	"iloveyou",
	"letmein",
	"marksheet",
	"motdepasse",
	"passw0rd",
	"password",
	"passwort",
	"princess",
	"q1w2e3r4t5",
	"qazwsxedc",
	"qwerty",
	"qwertz",
	"sunshine",
	"superman",
	"welcome",
	"zaq12wsx",
];

/** A password of at most so many different characters is one of a few. */
const DIFFERENT_CHARS_MIN = 5;
/** What may follow one that is tried first, and still make it one: digits and punctuation. */
const DECORATION = /^[\d\W_]*$/;

/** Why a password is refused; null for a good one. @param email whose account it is for, in lower case */
export function passwordFault(password: string, email: string): string | null {
	const length = [...password].length;
	if (length < PASSWORD_CHARS_MIN) return `Must have at least ${PASSWORD_CHARS_MIN} characters.`;
	if (password.length > PASSWORD_CHARS_MAX) return `Must have at most ${PASSWORD_CHARS_MAX} characters.`;
	const plain = password.toLowerCase();
	const [name = ""] = email.split("@");
	if (plain === email || (name !== "" && plain.startsWith(name) && DECORATION.test(plain.slice(name.length)))) {
		return "Must not be the address.";
	}
	const isTriedFirst = TRIED_FIRST.some(
		(known) => plain.startsWith(known) && DECORATION.test(plain.slice(known.length)),
	);
	if (isTriedFirst || isRun(plain) || new Set(plain).size < DIFFERENT_CHARS_MIN)
		return "Is one of those that are tried first.";
	return null;
}

/** Whether each character is the next one of the one before, as in `abcdefghij` or `9876543210`. */
function isRun(text: string): boolean {
	const steps = new Set<number>();
	for (let i = 1; i < text.length; i++) steps.add((text.charCodeAt(i) - text.charCodeAt(i - 1) + 10) % 10);
	return steps.size === 1;
}
