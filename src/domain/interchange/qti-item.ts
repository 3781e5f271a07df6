import { HINT_CHARS_MAX } from "../quizzes/limits.ts";
import type { PictureTaker } from "./pictures.ts";
import { declarationFor } from "./qti-declarations.ts";
import { interactionReader } from "./qti-interactions.ts";
import { scoringOf } from "./qti-scoring.ts";
import { bodyTexts, isInteraction, isStimulus, STIMULUS_LOST, type Told, textIn } from "./qti-text.ts";
import { explanationOf, Losses, type QuestionDraft, type ReadQuestion, Skip } from "./report.ts";
import { childrenOf, elementsIn, saysTrue, type XmlElement } from "./xml.ts";

/** What our export puts before an id, since identifiers do not begin with digits. */
export const ID_PREFIX = "q-";

/** Outcome and identifier of the feedback that our export makes of an explanation. */
export const EXPLANATION = "EXPLANATION";

/**
 * Reads one assessment item.
 * @param place where it stands, for an item without identifier
 * @param pictures makes what takes its pictures, where it comes with some
 */
export function readItem(item: XmlElement, place: string, pictures?: (losses: Losses) => PictureTaker): ReadQuestion {
	const identifier = item.attributes.get("identifier")?.trim() || null;
	const own = identifier?.startsWith(ID_PREFIX) ? identifier.slice(ID_PREFIX.length) : identifier;
	const read = {
		place: identifier ?? place,
		name: item.attributes.get("title")?.trim() || null,
		ids: own === null ? [] : [own],
	};
	const losses = new Losses();
	try {
		return { ...read, question: questionOf(item, losses, pictures?.(losses)), reasons: losses.reasons };
	} catch (error) {
		if (error instanceof Skip) return { ...read, question: null, reasons: [error.message] };
		throw error;
	}
}

function questionOf(item: XmlElement, losses: Losses, pictures?: PictureTaker): QuestionDraft {
	const parts = childrenOf(item);
	if (saysTrue(item.attributes.get("adaptive"))) throw new Skip("An adaptive item.");
	if (parts.some(({ name }) => name === "qti-template-declaration")) throw new Skip("An item made from a template.");
	const body = parts.find(({ name }) => name === "qti-item-body");
	const interactions = body ? [...elementsIn(body)].filter(({ name }) => isInteraction(name)) : [];
	const [interaction, ...more] = interactions;
	if (!body || !interaction) throw new Skip("It asks nothing: there is no interaction.");
	if (more.length > 0) throw new Skip(`It has ${interactions.length} interactions; a question has one.`);
	const reader = interactionReader(interaction.name);
	if (parts.some(({ name }) => isStimulus(name))) losses.add(STIMULUS_LOST);
	const told = { losses, feedback: [] };
	const picture = pictures && ((source: string, alt: string) => pictures.take(source, alt));
	const { question, hints } = bodyTexts(body, { ...told, picture });
	const declaration = declarationFor(item, interaction);
	const scoring = scoringOf(item, declaration, losses);
	const answers = reader({ interaction, declaration, scoring, ...told });
	return { ...answers, question, ...pictures?.image, ...hintOf(hints, losses), ...explanationFrom(parts, told) };
}

function hintOf(hints: readonly string[], losses: Losses): { hint?: string } {
	const hint = hints.join("\n").trim();
	if (hint.length <= HINT_CHARS_MAX) return hint === "" ? {} : { hint };
	losses.add(`Its hint has more than ${HINT_CHARS_MAX} characters.`);
	return {};
}

/** All feedback of an item, wherever it stands. */
function explanationFrom(parts: readonly XmlElement[], told: Told) {
	const modal = parts.filter(({ name }) => name === "qti-modal-feedback");
	const isOurs = modal.length === 1 && modal[0]?.attributes.get("identifier") === EXPLANATION;
	const texts = modal.map((element) => textIn(element, told));
	if (told.feedback.length > 0 || (modal.length > 0 && !isOurs)) {
		told.losses.add("Its feedback was put into the explanation.");
	}
	return explanationOf([...texts, ...told.feedback], told.losses);
}
