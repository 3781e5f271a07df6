import { readQti1Item } from "./qti1-item.ts";
import type { ReadQuiz, ReadSection } from "./report.ts";
import { childrenOf, firstNamed, named, rawText, type XmlElement } from "./xml.ts";

/** Documents of QTI 1.2: assessments with their sections, banks of items, and items alone. */

const titleOf = ({ attributes }: XmlElement): string | null => attributes.get("title")?.trim() || null;

/**
 * @param root `questestinterop`
 * @param name of its file
 */
export function readQti1(root: XmlElement, name: string | null): { quizzes: ReadQuiz[]; items: number } {
	let items = 0;
	const read = (holder: XmlElement): ReadSection[] => {
		const sections: ReadSection[] = [];
		const collect = (element: XmlElement, section: ReadSection, losses: readonly string[]): void => {
			for (const child of childrenOf(element)) {
				if (child.name === "item") {
					const question = readQti1Item(child, `item ${++items}`);
					const place = name === null ? question.place : `${name}: ${question.place}`;
					section.questions.push({
						...question,
						place,
						reasons: question.question === null ? question.reasons : [...question.reasons, ...losses],
					});
				} else if (child.name === "section") {
					const own = { name: titleOf(child) ?? section.name, questions: [] };
					sections.push(own);
					collect(child, own, [...losses, ...lossesOf(child)]);
				}
			}
		};
		const first = { name: null, questions: [] };
		sections.push(first);
		collect(holder, first, lossesOf(holder));
		return sections;
	};
	const quizzes = [...named(root, "assessment", "objectbank")].map((holder) => ({
		title: titleOf(holder) ?? bankTitleOf(holder),
		sections: read(holder),
	}));
	const loose = read(root).filter(({ questions }) => questions.length > 0);
	return { quizzes: loose.length > 0 ? [...quizzes, { title: null, sections: loose }] : quizzes, items };
}

/** Canvas keeps the title of a bank in a field. */
function bankTitleOf(holder: XmlElement): string | null {
	for (const child of childrenOf(holder)) {
		if (child.name !== "qtimetadata") continue;
		for (const field of named(child, "qtimetadatafield")) {
			const [label, entry] = [firstNamed(field, "fieldlabel"), firstNamed(field, "fieldentry")];
			if (label && entry && rawText(label).trim() === "bank_title") return rawText(entry).trim() || null;
		}
	}
	return null;
}

function lossesOf(element: XmlElement): string[] {
	return childrenOf(element).flatMap((child) => {
		switch (child.name) {
			case "selection_ordering": {
				const number = firstNamed(child, "selection_number");
				return number
					? [
							`The test shows ${rawText(number).trim().slice(0, 10)} of its section, chosen by chance; here all are shown.`,
						]
					: [];
			}
			case "duration":
				return ["Its time limit was left out."];
			case "presentation_material":
			case "rubric":
				return ["The instructions of its section were left out."];
			default:
				return [];
		}
	});
}
