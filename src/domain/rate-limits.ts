/** Classes of requests that are limited, each by a number in a period; what a class lets through is a setting of the deployment. */

/** Of which each principal has one, by its token: what a key or a plan gives. */
export const PRINCIPAL_CLASSES = ["basic", "standard", "high"] as const;
export type PrincipalClass = (typeof PRINCIPAL_CLASSES)[number];

/** Of operations that cost more than others, counted for each principal beside its own class. */
const OPERATION_CLASSES = ["searches", "imports", "publications", "share-codes"] as const;
export type OperationClass = (typeof OPERATION_CLASSES)[number];

/** Of signing in, before a password is hashed or anybody is written to: for each address of the network, and for each person. */
const SIGN_IN_CLASSES = ["sign-ins", "sign-ins-of-one"] as const;

/** The first two are counted for each address, before anybody knows who calls. */
export const RATE_CLASSES = [
	"address",
	"failed-credentials",
	...SIGN_IN_CLASSES,
	...PRINCIPAL_CLASSES,
	...OPERATION_CLASSES,
] as const;
export type RateClass = (typeof RATE_CLASSES)[number];

/** The periods that the platform can count. */
export const RATE_PERIODS_S = [10, 60] as const;

export interface Rate {
	/** Requests in a period. */
	limit: number;
	period: (typeof RATE_PERIODS_S)[number];
}

/** How `RateLimit-Policy` says it (draft-ietf-httpapi-ratelimit-headers). */
export const policyOf = (rateClass: RateClass, { limit, period }: Rate): string =>
	`"${rateClass}";q=${limit};w=${period}`;

/** It reads all that there is of a user, which is as much work as an import. */
const EXPORT = /^\/v1\/users\/[^/]+\/export$/;

/** The class of an operation, null for most. A search is what asks for words, or to be counted or compared by them. */
export function operationClass(method: string, path: string, query: (name: string) => unknown): OperationClass | null {
	const reads = method === "GET" || method === "HEAD";
	if (path.startsWith("/v1/users/")) {
		if (reads) return EXPORT.test(path) ? "imports" : null;
		if (path.endsWith("/quizzes/imports")) return "imports";
		return path.endsWith("/publication") ? "publications" : null;
	}
	if (path.startsWith("/v1/shares/")) return "share-codes";
	if (!reads || !path.startsWith("/v1/quizzes")) return null;
	const searches = path.endsWith("/related") || query("q") !== undefined || query("facets") !== undefined;
	return searches ? "searches" : null;
}

const IPV6_NETWORK_GROUPS = 4;
const IPV4_IN_IPV6 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/**
 * Whose address it is, as far as an address tells: itself for IPv4; the first 64 bits for IPv6, since a customer is given at least so
 * large a network.
 */
export function networkOf(address: string): string {
	const [, v4] = IPV4_IN_IPV6.exec(address) ?? [];
	if (v4 !== undefined) return v4;
	if (!address.includes(":")) return address;
	const [head = "", tail] = address.toLowerCase().split("::");
	const before = head === "" ? [] : head.split(":");
	const after = tail === undefined || tail === "" ? [] : tail.split(":");
	const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
	const groups = [...before, ...Array<string>(zeros).fill("0"), ...after];
	const network = groups.slice(0, IPV6_NETWORK_GROUPS).map((group) => group.replace(/^0+(?=.)/, ""));
	return `${network.join(":")}::/64`;
}

const KEPT_V6_GROUPS = 3;

/** What is kept of an address where people sign in from: of IPv4 the first 24 bits, of IPv6 the first 48, which name no household. */
export function keptNetwork(address: string): string | null {
	const network = networkOf(address);
	const [, v4] = /^((?:\d{1,3}\.){3})\d{1,3}$/.exec(network) ?? [];
	if (v4 !== undefined) return `${v4}0/24`;
	const [groups = ""] = network.split("::");
	return network.includes(":") ? `${groups.split(":").slice(0, KEPT_V6_GROUPS).join(":")}::/48` : null;
}
