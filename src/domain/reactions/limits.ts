/** The limits of reactions, each with its unit. */

/** Of each kind. */
export const REACTIONS_PER_USER_MAX = 5_000;
/** Quizzes whose attempts and likes are looked up by each step of the schedule, for the orders by them. */
export const POPULARITY_STEP_QUIZZES = 500;
