import { INTERCHANGE_ANSWERS_MAX } from "./limits.ts";
import type { Declaration } from "./qti-declarations.ts";
import type { Scoring } from "./qti-scoring.ts";
import type { Told } from "./qti-text.ts";
import { Skip } from "./report.ts";
import type { XmlElement } from "./xml.ts";

/** All that a question is made of, but for its texts. */
export interface QtiSource extends Told {
	interaction: XmlElement;
	declaration: Declaration;
	scoring: Scoring;
}

/** Scores below nothing are nothing here. */
export const NO_PENALTY = "Wrong answers take no marks away here.";

/** @throws Skip for more answers than any question could have */
export function bounded<T>(answers: T[]): T[] {
	if (answers.length > INTERCHANGE_ANSWERS_MAX) throw new Skip(`More than ${INTERCHANGE_ANSWERS_MAX} answers.`);
	return answers;
}
