import fc from "fast-check";
import { expect, it } from "vitest";
import { compose } from "../../src/domain/interchange/compose.ts";
import { readGift } from "../../src/domain/interchange/gift-read.ts";
import { readMoodleXml } from "../../src/domain/interchange/moodle-xml-read.ts";
import { readQti } from "../../src/domain/interchange/qti-read.ts";
import type { QuestionReport } from "../../src/domain/interchange/report.ts";
import type { Question } from "../../src/domain/quizzes/questions.ts";
import { sectionsIn, unnamed } from "../lib/documents.ts";
import { runsOf } from "../lib/harness.ts";
import { marksOf, moodleTrials } from "../lib/moodle-evaluator.ts";
import { compared, marksHere } from "../lib/qti-comparison.ts";
import { parsed } from "../lib/qti-evaluator.ts";

/**
 * Random questions of other systems, scored twice: by what they became here, and by an evaluator that knows nothing of the readers. What
 * is imported earns the same for every response; what is degraded may earn something else only where its reason speaks of that.
 */

/** Reasons that say that some response earns something else. */
const SCORED_OTHERWISE =
	/evened out|no marks away|so that parts of it count|rounded down|is worth 1\.|is rounded to|worth a part|were left out: only|takes all of the marks away|counts? (?:here|in full|nothing)|not right here|right, too, here|first of several|Case matters|first of them counts|response processing was left out|were left out\. *$|all or nothing|which was left out|Numbers that are wrong|earns (?:nothing|all)|any text were left out|Some responses earn other marks|does not say whether case matters|taken for right ones here|may be right here/;

interface One {
	report: QuestionReport;
	question: Question | undefined;
}

function only(sections: Parameters<typeof compose>[0]): One {
	const { subjects, reports } = compose(sections);
	const [report] = reports;
	if (!report) throw new Error("no question");
	return { report, question: subjects[0]?.questions[0] };
}

const count = () => ({ skipped: 0, degraded: 0, imported: 0, responses: 0 });

// ---- QTI ----

const names = ["A", "B", "C", "D"];
const score = fc.constantFrom("0", "1", "2", "0.5", "-1", "-0.5", "3");
const value = (type: string, text: string) => `<qti-base-value base-type="${type}">${text}</qti-base-value>`;
const RESPONSE = '<qti-variable identifier="R"/>';
const CORRECT = '<qti-correct identifier="R"/>';

const scored = fc.oneof(
	score.map((text) => value("float", text)),
	score.map((text) => `<qti-sum><qti-variable identifier="SCORE"/>${value("float", text)}</qti-sum>`),
	fc.constant('<qti-variable identifier="MAXSCORE"/>'),
	fc.constant('<qti-map-response identifier="R"/>'),
	score.map((text) => `<qti-max>${value("float", text)}<qti-variable identifier="SCORE"/></qti-max>`),
);
const set = scored.map(
	(expression) => `<qti-set-outcome-value identifier="SCORE">${expression}</qti-set-outcome-value>`,
);

/** @param test conditions on the response, without combinations */
function programs(test: fc.Arbitrary<string>): fc.Arbitrary<string> {
	const tests = fc.oneof(
		{ weight: 4, arbitrary: test },
		{
			weight: 1,
			arbitrary: fc
				.tuple(fc.constantFrom("or", "and"), test, test)
				.map(([both, a, b]) => `<qti-${both}>${a}${b}</qti-${both}>`),
		},
		{ weight: 1, arbitrary: test.map((one) => `<qti-not>${one}</qti-not>`) },
	);
	const rules = fc.array(set, { minLength: 1, maxLength: 2 }).map((list) => list.join(""));
	const condition = fc
		.tuple(tests, rules, fc.option(fc.tuple(tests, rules), { freq: 3 }), fc.option(rules, { freq: 2 }))
		.map(([holds, then, other, otherwise]) => {
			const elseIf = other ? `<qti-response-else-if>${other.join("")}</qti-response-else-if>` : "";
			const last = otherwise === null ? "" : `<qti-response-else>${otherwise}</qti-response-else>`;
			return `<qti-response-condition><qti-response-if>${holds}${then}</qti-response-if>${elseIf}${last}</qti-response-condition>`;
		});
	return fc
		.array(fc.oneof({ weight: 5, arbitrary: condition }, { weight: 1, arbitrary: set }), { minLength: 1, maxLength: 3 })
		.map((list) => list.join(""));
}

const processing = (test: fc.Arbitrary<string>) =>
	fc.oneof(
		{
			weight: 1,
			arbitrary: fc
				.constantFrom("match_correct", "map_response", "CC2_match_basic")
				.map((name) => `<qti-response-processing template="https://x/${name}.xml"/>`),
		},
		{
			weight: 4,
			arbitrary: programs(test).map((rules) => `<qti-response-processing>${rules}</qti-response-processing>`),
		},
	);

const mapping = (keys: readonly string[]) =>
	fc
		.tuple(
			fc.array(score, { minLength: keys.length, maxLength: keys.length }),
			fc.constantFrom("", ' lower-bound="0"', ' lower-bound="0" upper-bound="2"', ' default-value="-1"'),
		)
		.map(([scores, bounds]) => {
			const entries = keys.map((key, index) => `<qti-map-entry map-key="${key}" mapped-value="${scores[index]}"/>`);
			return `<qti-mapping${bounds}>${entries.join("")}</qti-mapping>`;
		});

const item = (declared: string, body: string, program: string, most: string) =>
	`<qti-assessment-item identifier="i" title="T"><qti-response-declaration identifier="R" ${declared}</qti-response-declaration><qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"><qti-default-value><qti-value>0</qti-value></qti-default-value></qti-outcome-declaration><qti-outcome-declaration identifier="MAXSCORE" cardinality="single" base-type="float"><qti-default-value><qti-value>${most}</qti-value></qti-default-value></qti-outcome-declaration><qti-item-body>${body}</qti-item-body>${program}</qti-assessment-item>`;

const values = (list: readonly string[]) =>
	`<qti-correct-response>${list.map((one) => `<qti-value>${one}</qti-value>`).join("")}</qti-correct-response>`;
const most = fc.constantFrom("1", "2", "4");
const name = fc.constantFrom(...names);
const identifiers = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });
const matched = (other: fc.Arbitrary<string>) => other.map((one) => `<qti-match>${RESPONSE}${one}</qti-match>`);
const choices = names.map((one) => `<qti-simple-choice identifier="${one}">${one}</qti-simple-choice>`).join("");

const single = fc
	.tuple(
		name,
		mapping(names),
		processing(
			matched(
				fc.oneof(
					name.map((one) => value("identifier", one)),
					fc.constant(CORRECT),
				),
			),
		),
		most,
	)
	.map(([right, table, program, max]) =>
		item(
			`cardinality="single" base-type="identifier">${values([right])}${table}`,
			`<qti-choice-interaction response-identifier="R" max-choices="1"><qti-prompt>Q</qti-prompt>${choices}</qti-choice-interaction>`,
			program,
			max,
		),
	);

const ofSeveral = fc.oneof(
	name.map((one) => `<qti-member>${value("identifier", one)}${RESPONSE}</qti-member>`),
	matched(
		fc.oneof(
			identifiers.map((list) => `<qti-multiple>${list.map((one) => value("identifier", one)).join("")}</qti-multiple>`),
			fc.constant(CORRECT),
		),
	),
);
const multiple = fc
	.tuple(identifiers, mapping(names), processing(ofSeveral), most)
	.map(([right, table, program, max]) =>
		item(
			`cardinality="multiple" base-type="identifier">${values(right)}${table}`,
			`<qti-choice-interaction response-identifier="R" max-choices="0"><qti-prompt>Q</qti-prompt>${choices}</qti-choice-interaction>`,
			program,
			max,
		),
	);

const word = fc.constantFrom("York", "york", "LIMA", "Córdoba", "new york");
const isWord = fc
	.tuple(word, fc.boolean(), fc.boolean())
	.map(
		([text, isSensitive, isPart]) =>
			`<qti-string-match case-sensitive="${isSensitive}"${isPart ? ' substring="true"' : ""}>${RESPONSE}${value("string", text)}</qti-string-match>`,
	);
const texts = fc
	.tuple(
		word,
		mapping(["York", "Lima", "Córdoba"]),
		processing(
			fc.oneof(
				isWord,
				matched(
					fc.oneof(
						word.map((text) => value("string", text)),
						fc.constant(CORRECT),
					),
				),
			),
		),
		most,
	)
	.map(([right, table, program, max]) =>
		item(
			`cardinality="single" base-type="string">${values([right])}${table}`,
			'<p>Q <qti-text-entry-interaction response-identifier="R"/></p>',
			program,
			max,
		),
	);

const figure = fc.constantFrom("1", "2", "2.5", "10", "-3", "0.1");
const isNumber = fc.oneof(
	fc
		.tuple(
			fc.oneof(
				figure.map((text) => value("float", text)),
				fc.constant(CORRECT),
			),
			fc.constantFrom("absolute", "relative"),
			fc.constantFrom("0.5", "1 2", "0.1 0.1", "10"),
			fc.constantFrom("", ' include-lower-bound="false"'),
		)
		.map(
			([about, mode, tolerance, bounds]) =>
				`<qti-equal tolerance-mode="${mode}" tolerance="${tolerance}"${bounds}>${about}${RESPONSE}</qti-equal>`,
		),
	fc
		.tuple(fc.constantFrom("lt", "lte", "gt", "gte"), figure)
		.map(([order, text]) => `<qti-${order}>${RESPONSE}${value("float", text)}</qti-${order}>`),
	matched(
		fc.oneof(
			figure.map((text) => value("float", text)),
			fc.constant(CORRECT),
		),
	),
);
const numeric = fc
	.tuple(figure, mapping(["1", "2.5"]), processing(isNumber), most)
	.map(([right, table, program, max]) =>
		item(
			`cardinality="single" base-type="float">${values([right])}${table}`,
			'<p>Q <qti-text-entry-interaction response-identifier="R"/></p>',
			program,
			max,
		),
	);

const ordered = fc
	.tuple(
		fc.shuffledSubarray(names, { minLength: 4 }),
		processing(
			matched(
				fc.oneof(
					fc.constant(CORRECT),
					fc
						.shuffledSubarray(names, { minLength: 4 })
						.map((list) => `<qti-ordered>${list.map((one) => value("identifier", one)).join("")}</qti-ordered>`),
				),
			),
		),
		most,
	)
	.map(([right, program, max]) =>
		item(
			`cardinality="ordered" base-type="identifier">${values(right)}`,
			`<qti-order-interaction response-identifier="R"><qti-prompt>Q</qti-prompt>${choices}</qti-order-interaction>`,
			program
				.replace("map_response", "match_correct")
				.replaceAll('<qti-map-response identifier="R"/>', value("float", "1")),
			max,
		),
	);

const sets = (left: readonly string[], right: readonly string[]) =>
	`<qti-match-interaction response-identifier="R"><qti-prompt>Q</qti-prompt>${[left, right].map((side) => `<qti-simple-match-set>${side.map((one) => `<qti-simple-associable-choice identifier="${one}">${one.toLowerCase()}</qti-simple-associable-choice>`).join("")}</qti-simple-match-set>`).join("")}</qti-match-interaction>`;
const PAIRS = ["X P", "Y Q", "Z P", "X Q", "Y P", "Z Q"];
const pairs = fc
	.tuple(
		mapping(PAIRS),
		fc.constantFrom(["X P", "Y Q", "Z P"], ["X Q", "Y Q", "Z P"]),
		fc.constantFrom("match_correct", "map_response"),
	)
	.map(([table, right, template]) =>
		item(
			`cardinality="multiple" base-type="directedPair">${values(right)}${table}`,
			sets(["X", "Y", "Z"], ["P", "Q"]),
			`<qti-response-processing template="https://x/${template}.xml"/>`,
			"1",
		),
	);

/** As QTI 2 writes the same. */
const asQti2 = (xml: string) =>
	xml
		.replace(/(<\/?)qti-([a-z-]+)/g, (_, open: string, rest: string) => open + camel(rest))
		.replace(/ ([a-z]+(?:-[a-z]+)+)="/g, (_, attribute: string) => ` ${camel(attribute)}="`);
const camel = (text: string) => text.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

const KINDS = { single, multiple, texts, numeric, ordered, pairs };

it.each(Object.entries(KINDS))(
	"QTI 3 and QTI 2, %s: what is imported earns what its response processing gives, for every response",
	(_, items) => {
		const seen = count();
		fc.assert(
			fc.property(items, fc.boolean(), (xml, isQti2) => {
				const source = isQti2 ? asQti2(xml) : xml;
				const reading = readQti(unnamed([source]));
				if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
				const { report, question } = only(sectionsIn(reading));
				seen[report.status]++;
				if (!question) return;
				const comparison = compared(parsed(source), question);
				if ("unknown" in comparison) throw new Error(`${comparison.unknown}: ${source}`);
				seen.responses += comparison.compared;
				if (comparison.differences.length === 0) return;
				expect([report.status, report.reason, comparison.differences.slice(0, 3)]).toEqual([
					"degraded",
					expect.stringMatching(SCORED_OTHERWISE),
					expect.anything(),
				]);
			}),
			{ numRuns: runsOf(1_500) },
		);
		// Otherwise nothing was compared.
		expect(seen.responses).toBeGreaterThan(100);
		expect(seen.imported + seen.degraded).toBeGreaterThan(10);
	},
);

// ---- Moodle ----

const fraction = fc.constantFrom(100, 50, 33.33333, 25, 0, -50, -100, 20, 60);
const grade = fc.constantFrom(1, 2, 3, 4, 0.5);
const options = fc.array(fraction, { minLength: 2, maxLength: 5 });
const wrapped = (type: string, worth: number, body: string) =>
	`<quiz><question type="${type}"><name><text>n</text></name><questiontext format="html"><text>Q</text></questiontext><defaultgrade>${worth}</defaultgrade>${body}</question></quiz>`;
const answers = (list: readonly (readonly [number, string, string?])[]) =>
	list
		.map(
			([weight, text, more = ""]) => `<answer fraction="${weight}" format="html"><text>${text}</text>${more}</answer>`,
		)
		.join("");

const words = fc.uniqueArray(
	fc.tuple(fraction, fc.constantFrom("Lima", "lima", "Año", "El Callao", "*", "Li*", "a\\*b")),
	{ minLength: 1, maxLength: 4, selector: ([, text]) => text },
);
const amounts = fc.uniqueArray(
	fc.tuple(fraction, fc.constantFrom("3", "3.5", "-1", "10"), fc.constantFrom("0", "0.5", "2")),
	{ minLength: 1, maxLength: 3, selector: ([, text]) => text },
);

const moodle = fc.oneof(
	fc.tuple(options, grade, fc.boolean()).map(([weights, worth, isSingle]) => ({
		kind: { type: "choice" as const, weights, isSingle, grade: worth },
		xml: wrapped(
			"multichoice",
			worth,
			`<single>${isSingle}</single>${answers(weights.map((weight, index) => [weight, names[index] ?? "E"]))}`,
		),
	})),
	fc.tuple(words, grade, fc.boolean()).map(([list, worth, isSensitive]) => ({
		kind: {
			type: "text" as const,
			answers: list.map(([weight, text]) => ({ weight, text })),
			isSensitive,
			grade: worth,
		},
		xml: wrapped("shortanswer", worth, `<usecase>${isSensitive ? 1 : 0}</usecase>${answers(list)}`),
	})),
	fc.tuple(amounts, grade).map(([list, worth]) => ({
		kind: {
			type: "number" as const,
			answers: list.map(([weight, text, tolerance]) => ({
				weight,
				number: Number(text),
				tolerance: Number(tolerance),
			})),
			grade: worth,
		},
		xml: wrapped(
			"numerical",
			worth,
			answers(list.map(([weight, text, tolerance]) => [weight, text, `<tolerance>${tolerance}</tolerance>`])),
		),
	})),
	fc
		.tuple(
			fc.uniqueArray(fc.tuple(name, fc.constantFrom("p", "q", "r")), {
				minLength: 2,
				maxLength: 4,
				selector: ([prompt]) => prompt,
			}),
			grade,
		)
		.map(([list, worth]) => ({
			kind: { type: "pairs" as const, pairs: list, grade: worth },
			xml: wrapped(
				"matching",
				worth,
				list
					.map(
						([prompt, choice]) =>
							`<subquestion format="html"><text>${prompt}</text><answer><text>${choice}</text></answer></subquestion>`,
					)
					.join(""),
			),
		})),
);

it("Moodle XML: what is imported earns what Moodle gives, for every response", () => {
	const seen = count();
	fc.assert(
		fc.property(moodle, ({ kind, xml }) => {
			const reading = readMoodleXml(xml);
			if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
			check(kind, only(reading.value), seen, xml);
		}),
		{ numRuns: runsOf(5_000) },
	);
	expect(Math.min(seen.imported, seen.degraded)).toBeGreaterThan(5);
});

it("GIFT: what is imported earns what Moodle gives, for every response", () => {
	const seen = count();
	const weight = (value: number) => fc.constantFrom(`%${value}%`, `%${String(value).replace(".", ",")}%`);
	const choice = options.chain((weights) =>
		fc.tuple(fc.constant(weights), ...weights.map(weight)).map(([list, ...written]) => ({
			kind: { type: "choice" as const, weights: list, isSingle: false, grade: 1 },
			text: `Q {${written.map((one, index) => `~${one}${names[index] ?? "E"}`).join(" ")}}`,
		})),
	);
	const typed = words.map((list) => ({
		kind: {
			type: "text" as const,
			answers: list.map(([weight, text]) => ({ weight, text })),
			isSensitive: false,
			grade: 1,
		},
		// A backslash before an asterisk stands for itself in GIFT.
		text: `Q {${list.map(([weight, text]) => `=%${weight}%${text}`).join(" ")}}`,
	}));
	const numbers = amounts.map((list) => ({
		kind: {
			type: "number" as const,
			answers: list.map(([weight, text, tolerance]) => ({
				weight,
				number: Number(text),
				tolerance: Number(tolerance),
			})),
			grade: 1,
		},
		text: `Q {#${list.map(([weight, text, tolerance]) => `=%${weight}%${text}:${tolerance}`).join(" ")}}`,
	}));
	fc.assert(
		fc.property(fc.oneof(choice, typed, numbers), ({ kind, text }) => {
			const reading = readGift(text);
			if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
			check(kind, only(reading.value), seen, text);
		}),
		{ numRuns: runsOf(5_000) },
	);
	expect(Math.min(seen.imported, seen.degraded)).toBeGreaterThan(5);
});

function check(
	kind: Parameters<typeof marksOf>[0],
	{ report, question }: One,
	seen: ReturnType<typeof count>,
	source: string,
): void {
	seen[report.status]++;
	if (!question) return;
	const differences = moodleTrials(kind, question).flatMap(({ given, here, said }) => {
		seen.responses++;
		const [there, earned] = [marksOf(kind, given), marksHere(question, here)];
		return Math.abs(there - earned) < 2e-3 ? [] : [`${said}: ${there} there, ${earned} here`];
	});
	if (differences.length === 0) return;
	expect([report.status, report.reason, differences.slice(0, 3), source]).toEqual([
		"degraded",
		expect.stringMatching(SCORED_OTHERWISE),
		expect.anything(),
		source,
	]);
}
