/** What each table is for, in the words of docs/schema.md. A table that is not here, or is only here, fails `npm run check`. */
export interface TableText {
	about: string;
	/** What does so without a statement in src/ that names the table. */
	alsoWrittenBy?: readonly string[];
	alsoReadBy?: readonly string[];
}

type Texts = Readonly<Record<string, TableText>>;

/** Their statements have the name of the index in a variable. */
const SEARCHES = ["searches, related quizzes"];

const CATALOG: Texts = {
	shards: {
		about:
			"The directory of shards, one row per user, and the cursor of each: the last row of its log that the catalog has applied.",
	},
	quizzes: {
		about:
			"What is published now. `audience` is who may see it (`public`, a tenant, a user), NULL once withdrawn; `popularity` and `rating` are refreshed by the schedule.",
	},
	attempt_facts: {
		about: "One row per submitted attempt, by the log row that it is: for analysts, who ask what the sums do not say.",
		alsoReadBy: ["analysts"],
	},
	opening_facts: {
		about:
			"One row per attempt that was opened, by the log row that it is; one that was submitted is in `attempt_facts`, whose `opened` names it.",
		alsoReadBy: ["analysts"],
	},
	quiz_statistics: {
		about: "Sums over all attempts at a quiz, of any version: exact integers, percentages in hundredths of a per cent.",
	},
	question_statistics: {
		about:
			"Sums over all attempts at one version, of all its questions, as one vector for the attempts with whole marks and one for the others.",
	},
	quiz_versions: {
		about: "Which content each version of a quiz has, so that the statistics of a version are found by its number.",
	},
	generation_facts: {
		about: "One row per AI generation that ended; `shard` and `seq` say which log row opened its hold.",
	},
	refund_facts: { about: "One row per refund of a generation, and which day's usage is less by it." },
	credit_facts: { about: "What else moved credits for good: grants, expiries, voids, refunds." },
	usage_daily: { about: "Sums of generations by tenant, day (since the epoch, UTC) and model, net of refunds." },
	dead_letters: {
		about: "Log rows that could not be applied. The cursor has moved past them; they can be driven again from the log.",
	},
	quiz_slugs: {
		about:
			"Every claim of a quiz to a slug in its tenant; `audience` follows the quiz. Decision 0010 says who gets the slug.",
	},
	quiz_texts: {
		about: "The texts of each quiz as they are searched, and one word in `labels` for each thing that is filtered by.",
	},
	quiz_fts: {
		about: "The full-text index of `quiz_texts` that the release before searches.",
		alsoReadBy: ["the release before"],
	},
	quiz_reactions: { about: "How many users have a quiz among their favourites, and how many like it." },
	quiz_views: { about: "How often a quiz was looked at, about: isolates count and write it down now and then." },
	popularity_round: { about: "How far the round has come that brings popularity and rating up to date." },
	search_audiences: { about: "Numbers of audiences other than the public, which is 0: the upper half of a place." },
	search_places: {
		about:
			"The place of each quiz that somebody can find: the number of its audience, and which one it is of that audience.",
	},
	search_public: {
		about: "The words of public quizzes by place, without positions and texts.",
		alsoReadBy: SEARCHES,
	},
	search_closed: {
		about: "The words of all other quizzes by place.",
		alsoReadBy: SEARCHES,
	},
	collections: {
		about:
			"Collections that are not deleted, each with its quizzes as a JSON array; a deleted one is a row without an audience.",
	},
	shares: { about: "Where a code leads. Whether it still gives something, its owner's shard says." },
	quiz_grants: { about: "Who has used which share: whom to ask whether a reader may see a private quiz." },
	media_holders: { about: "Who has which image. The bytes in R2 stay until the last one has let go." },
	media_purge: { about: "Where the purge of R2 stands: the last key under each prefix that it has looked at." },
	applied_days: {
		about: "Which shards were applied on which day: what the sweep walks, so that its cost goes with what changed.",
	},
	lagging: { about: "Shards that were found behind their log, or with another history than the catalog knows." },
	rows_ahead: { about: "Shards whose cursor waits before a row that the release at work cannot read yet." },
	dead_messages: { about: "Messages that could not be read, and those that the dead-letter queue brought." },
	replication_minutes: { about: "What the consumers did, by minutes since the epoch, approximately." },
	sweep: { about: "Where the sweep stands." },
	rebuilds: { about: "Rebuilds of one user's part or of all, and how far each has come." },
};

/** better-auth reads and writes by conditions: its statements have the name of the table in a variable. */
const BY_LIBRARY = { alsoWrittenBy: ["`accounts/sign-in-store`"], alsoReadBy: ["`accounts/sign-in-store`"] };

const ACCOUNTS: Texts = {
	accounts: {
		about: "Persons, each with an address that is in lower case and in use once.",
		...BY_LIBRARY,
	},
	credentials: { about: "What persons sign in with: a password, as its scrypt hash.", ...BY_LIBRARY },
	sessions: { about: "Who is signed in; of the token only the SHA-256.", ...BY_LIBRARY },
	verifications: {
		about:
			"What is good once and for a while, by the SHA-256 of its token: resets, sign-ins between their two steps, used codes.",
		...BY_LIBRARY,
	},
	second_factors: { about: "Second factors, sealed: the secret of an authenticator, and backup codes.", ...BY_LIBRARY },
	mails: { about: "The outbox: mail that is to be sent, sealed until it was." },
	tenants: { about: "Organizations, and the tenant that each person has alone." },
	users: {
		about:
			"A user is a person's membership in one tenant, for ever; or a guest, or one whom a service made or another issuer vouches for.",
	},
	guests: { about: "What a guest comes back with, as its SHA-256." },
	invitations: { about: "Whom a tenant has asked in; the code in the mail is here as its SHA-256." },
	services: { about: "Machines of a tenant." },
	api_keys: { about: "API keys of services, as their SHA-256." },
	signing_keys: { about: "What tokens are signed with; the private halves are sealed." },
	changes: { about: "What every isolate must hear of within a minute: revocations, and rows to be read anew." },
	audit_outbox: {
		about: "Events of tenants that were committed with what they tell of, and wait for the log of the tenant's object.",
	},
	requests: { about: "What was made under which idempotency key of a change of a tenant, for two days." },
	erasures: { about: "Erasures of users, under way and over: how far each is. The list of who must never come back." },
	retention_rounds: {
		about:
			"Tenants that keep something for some time only: when the next round over their users is due, and how far it is.",
	},
	erased_quizzes: { about: "Quizzes of users who are erased: attempts at them are shown without the title." },
};

const SHARD: Texts = {
	shard: { about: "Whose shard this is; written with the first event." },
	log: {
		about:
			"Audit trail, change feed and outbox: gapless, never updated or deleted, each row's hash over the one before. The heads link entries of the ledger and attempts, newest first.",
	},
	requests: { about: "Answers already given, by idempotency key, for a day or two." },
	publisher: { about: "How the sender stands while the catalog does not catch up; no row means that all is well." },
	secret: {
		about: "What published contents are frozen with, so that their hashes tell nothing. Never shown.",
		alsoWrittenBy: ["its migration"],
	},
	retention: { about: "How far what the tenant keeps for some time only has been removed. No row where nothing was." },
	erasure: { about: "That the user is being erased, or was. No row in all other shards." },
	visits: { about: "How many changes each visitor has made here in a day." },
	sittings: {
		about:
			"Attempts that are under way, with what is saved of them, and those that were abandoned. What is submitted goes to `attempts`.",
	},
	attempts: { about: "Submitted attempts with answers and marks. The table is its own index, by quiz and number." },
	account: {
		about:
			"The ledger's current state in one row: totals, lots with credits, open holds, plan, terms, the day's spending.",
	},
	closed_lots: { about: "Lots without credits to move; a refund takes one back into the account." },
	holds: {
		about:
			"Every hold, open or ended: the record of an AI generation, with prompt and conversation, which are here only.",
	},
	quizzes: { about: "Authored quizzes with their draft, status, slugs and origin." },
	quiz_versions: { about: "What was published, frozen." },
	media: { about: "Images of this user, by the hash of their bytes, which lie in R2." },
	media_uses: { about: "Which quiz and version names which image; version 0 is the draft." },
	media_totals: { about: "How many images there are and how large, so that the limits need no count." },
	collections: { about: "Collections of this user, each with its quizzes as a JSON array of ids." },
	shares: { about: "Shares of own quizzes, with the hash of the code, which is stored nowhere." },
	grants: { about: "Who has used the shares: one row per share and user." },
	copies: { about: "Own quizzes that are copies of somebody's by a share, one per share." },
	reactions: { about: "The quizzes that the user has among the favourites or likes." },
	recorded: { about: "In the object of a tenant: which of the tenant's events are in its log." },
};

export const TEXTS = { catalog: CATALOG, accounts: ACCOUNTS, shard: SHARD };
