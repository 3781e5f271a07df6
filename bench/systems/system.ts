/** Something that takes the requests of the workloads. All of them take the same ones. */
export interface System {
	name: string;
	url: string;
	/** A quiz of QUESTIONS questions that can be attempted. */
	quiz: string;
	/** Who calls: user `n`, who has credits. */
	headers(n: number): Record<string, string>;
	/** With what it answers a settlement; the floor inserts for it what it inserts for everything. */
	settled_status: 200 | 201;
	/** What only systems have that answer questions: quizzes with many attempts, and many quizzes. */
	reads: Reads | null;
	/** Processes that do its work, without their children. */
	processes: number[];
	stop(): Promise<void>;
}

export interface Reads {
	/** Puts attempts of many users at a new quiz into the store, and gives the quiz. */
	seedAttempts(attempts: number): Promise<string>;
	/** Puts the published quizzes of ../lib/seeded-quizzes.ts into the store until it has so many in all. */
	seedQuizzes(total: number): Promise<void>;
	/** Rows that the engine reads for these; null where it does not count them. */
	statisticsRows(quiz: string): Promise<number | null>;
	listRows(limit: number): Promise<number | null>;
	searchRows(q: string, limit: number): Promise<number | null>;
}

/** Of each user that a system has from its start: more than any benchmark uses up. */
export const CREDITS = 1_000_000_000;
/** Users among whom seeded attempts are spread. */
export const SEED_TAKERS = 1_000;
