/** The limits of reactions, each with its unit. */

/** Of each kind. */
export const REACTIONS_PER_USER_MAX = 5_000;
