/** The groups that the document puts its operations in, in the order in which a reader meets them. */
export const TAGS = [
	{ name: "attempts", description: "Taking a quiz: answers go in, marks come out." },
	{
		name: "credits",
		description: "What a user has, in lots that expire; grants, the monthly plan, the ledger and its verification.",
	},
	{
		name: "holds",
		description:
			"Credits reserved before a generation, and settled or released after it. A hold is the generation's record.",
	},
	{
		name: "quizzes",
		description: "Published quizzes: lists, search, statistics. A read may be a second or two behind what was changed.",
	},
	{ name: "authoring", description: "A user's own quizzes: drafts, publication, versions, files of other formats." },
	{ name: "shares", description: "Codes that let others see, attempt, copy or edit a quiz." },
	{ name: "collections", description: "Ordered lists of quizzes." },
	{ name: "reactions", description: "A user's favourites and likes." },
	{ name: "media", description: "Images for questions and quizzes." },
	{
		name: "sign-in",
		description:
			"How people sign up and in: accounts, passwords, second factors, sessions. A session is no token: it makes tokens.",
	},
	{
		name: "tenants",
		description:
			"Organizations: their settings, members, invitations and users, for those who manage them. A credential is good for its own tenant alone.",
	},
	{ name: "keys", description: "A tenant's machines, and the API keys that they call with." },
	{ name: "profiles", description: "What a user says of themselves, as others of the tenant see it." },
	{ name: "audit", description: "Who changed what of a tenant, and when: an unbroken log." },
	{
		name: "log",
		description: "Everything that a user's shard has recorded, in order, and how far the catalog is behind it.",
	},
	{ name: "privacy", description: "What is kept of a user, taken away or erased." },
	{ name: "analytics", description: "Sums over a tenant." },
	{
		name: "tokens",
		description: "Tokens for sessions, API keys and guests, and the keys that they are verified with.",
	},
	{
		name: "administration",
		description: "For the operator of the installation, of all tenants: replication, rebuilds, what was given up.",
	},
	{ name: "service", description: "Health, and what the problems mean. Needs no credential." },
] as const;

export type Tag = (typeof TAGS)[number]["name"];
