/** The life of a quiz, from draft to archive. Being deleted is no status: a deleted quiz does nothing until it is undeleted. */

export const QUIZ_STATUSES = ["draft", "review", "published", "withdrawn", "archived"] as const;
export type QuizStatus = (typeof QUIZ_STATUSES)[number];

/** What an author does with a quiz. `revise` is any change of the draft, a restored version too. */
export const QUIZ_STEPS = ["revise", "draft", "review", "publish", "withdraw", "archive"] as const;
export type QuizStep = (typeof QUIZ_STEPS)[number];

/** Steps that are named by the status that they lead to. */
export const NAMED_STATUSES = ["draft", "review", "archived"] as const satisfies readonly QuizStatus[];
export type NamedStatus = (typeof NAMED_STATUSES)[number];
export const STATUS_STEPS = {
	draft: "draft",
	review: "review",
	archived: "archive",
} as const satisfies Record<NamedStatus, QuizStep>;

type Steps = Record<QuizStep, QuizStatus | null>;

/** Where a step leads; null where it is not possible. A step that leads to where the quiz is changes nothing. */
const TRANSITIONS: Record<QuizStatus, Steps> = {
	draft: steps("draft", {
		revise: "draft",
		draft: "draft",
		review: "review",
		publish: "published",
		archive: "archived",
	}),
	// What was reviewed is what is published: a change of the draft ends the review.
	review: steps("review", {
		revise: "draft",
		draft: "draft",
		review: "review",
		publish: "published",
		archive: "archived",
	}),
	published: steps("withdrawn", { revise: "published", publish: "published", archive: "archived" }),
	withdrawn: steps("withdrawn", {
		revise: "withdrawn",
		draft: "draft",
		review: "review",
		publish: "published",
		archive: "archived",
	}),
	archived: steps("archived", { draft: "draft", archive: "archived" }),
};

/** @param withdraw always possible: what is not published is left as it is */
function steps(withdraw: QuizStatus, possible: Partial<Steps>): Steps {
	return { revise: null, draft: null, review: null, publish: null, archive: null, ...possible, withdraw };
}

/** The status after the step, null where the status does not allow it. */
export const statusAfter = (status: QuizStatus, step: QuizStep): QuizStatus | null => TRANSITIONS[status][step];

/** What is left of a quiz that was deleted, and what it is once it is undeleted. */
export const statusDeleted = (version: number): QuizStatus => (version > 0 ? "withdrawn" : "draft");

/** Why a status does not allow a step, and what would make it possible. */
export const stepRefused = (status: QuizStatus): string =>
	status === "published"
		? "The quiz is published. Withdraw or archive it."
		: `The quiz is ${status}. Set its status to draft first.`;
