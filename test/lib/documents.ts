import type { QtiReading } from "../../src/domain/interchange/qti-read.ts";
import type { NamedText, ReadSection } from "../../src/domain/interchange/report.ts";

/** Texts as documents of which nobody knows the names. */
export const unnamed = (texts: readonly string[]): NamedText[] => texts.map((text) => ({ name: null, text }));

/** All sections of what was read, of whichever quiz. */
export const sectionsIn = (reading: Extract<QtiReading, { ok: true }>): ReadSection[] =>
	reading.quizzes.flatMap(({ sections }) => sections);
