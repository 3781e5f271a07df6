import fc from "fast-check";
import { expect, it } from "vitest";
import { shownQuestion } from "../../src/domain/quizzes/answer-keys.ts";
import { runsOf } from "../lib/harness.ts";
import { type Case, expectCase, expectSame, imported, SECRET } from "../lib/interchange-keys.ts";

/**
 * A question that is imported is scored as it was where it comes from. Where it is not, it is degraded and its reason says
 * so, or it is skipped: never a wrong key, or wrong marks, under the word "imported". Further kinds belong into these lists.
 */

const EVENED = /evened out/;
const FOLDED = /put into the explanation/;
const ROUNDED = /rounded down to hundredths/;
const ANY = /right on its own/;

const named = (one: Case) => [one[0], one] as const;

// biome-ignore format: a table is read by its rows.
const GIFT: readonly Case[] = [
	// Single choices, and weights of several options.
	["one right option", "Q {=yes ~no ~never}", null, [["yes", 1], ["no", 0], ["never", 0]]],
	["a wrong option worth a part", "Q {=yes ~%50%nearly ~no}", /Weights of wrong/, [["yes", 1], ["nearly", 0.5, 0], ["no", 0]]],
	["a second one worth everything", "Q {=yes ~%100%also ~no}", ANY, []],
	["two that are marked", "Q {=yes =also ~no}", ANY, []],
	["several boxes, wrong ones cost", "Q {~%50%a ~%50%b ~%-50%c}", null, [[["a", "b"], 1], ["a", 0.5], [["a", "b", "c"], 0.5], ["c", 0]]],
	["thirds", "Q {~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-33.33333%d}", ROUNDED, [[["a", "b", "c"], 1], [["a", "b"], 0.667, 0.66], ["a", 0.333, 0.33], ["d", 0]]],
	["several boxes, wrong ones cost nothing", "Q {~%50%a ~%50%b ~c}", EVENED, [[["a", "b"], 1], ["a", 0.5], [["a", "b", "c"], 1, 0.5]]],
	["wrong ones cost everything", "Q {~%50%a ~%50%b ~%-100%c}", /all or nothing/, [[["a", "b"], 1], ["a", 0.5, 0], [["a", "b", "c"], 0]]],
	["uneven weights", "Q {~%30%a ~%70%b ~%-50%c}", EVENED, [[["a", "b"], 1], ["a", 0.3, 0.5], ["b", 0.7, 0.5]]],
	["one box that alone is right", "Q {~%100%a ~%-100%b}", null, [["a", 1], [["a", "b"], 0], ["b", 0]]],
	["one box is enough, another is worth a part", "Q {~%100%best ~%50%good ~%0%bad}", /worth a part/, [["best", 1], ["good", 0.5, 0], ["bad", 0]]],
	["each of two boxes is enough", "Q {~%100%a ~%100%b ~c}", ANY, []],
	["two of three boxes are enough", "Q {~%50%a ~%50%b ~%50%c ~d}", /is enough/, []],
	["weights with a comma", "Q {~%33,33333%a ~%-100%x ~%33,33333%b ~%33,33333%c}", /all or nothing/, [[["a", "b", "c"], 1], [["a", "b"], 0.667, 0], [["a", "x"], 0]]],
	["weights with many digits", "Q {~%50.00000000000001%a ~%49.99999999999999%b ~%-50%c}", null, [[["a", "b"], 1], ["b", 0.5]]],
	["a weight that cannot be read", "Q {~%5 0%a ~%50%b}", /weight/, []],
	["a weight with two points", "Q {=%1.0.0%Rome}", /weight/, []],
	["a weight beyond measure", "Q {=%1000%Rome =Roma}", /weight/, []],
	["a percent sign that is no weight", "Q {=%a% ~%b%}", null, [["%a%", 1], ["%b%", 0]]],

	// True and false.
	["true", "Q {TRUE}", null, [[true, 1], [false, 0]]],
	["false, by its letter", "Q {F}", null, [[true, 0], [false, 1]]],
	["true in small letters, a text to type in Moodle", "Q {true}", /in capitals/, [[true, 1], [false, 0]]],
	["a letter to type", "What comes after s? {t}", null, [["t", 1], ["T", 1], ["s", 0]]],
	["a text after an equals sign", "Q {=T}", null, [["t", 1], ["f", 0]]],

	// Texts: case does not matter, accents do, and asterisks stand for any text.
	["several texts", "Q {=Lima =Callao}", null, [["lima", 1], ["CALLAO", 1], ["Quito", 0]]],
	["a text with its format", "Q {=[plain]Lima =[html]El Callao =[moodle]Ica =[markdown]Tacna}", null, [["Lima", 1], ["El Callao", 1], ["Ica", 1], ["Tacna", 1], ["[plain]Lima", 0]]],
	["a text in HTML", "Q {=[html]<p>Lima</p>}", null, [["Lima", 1], ["<p>Lima</p>", 0]]],
	["a raised number to be typed", "Q {=[html]10<sup>3</sup>}", /with \^/, [["10^3", 1], ["103", 0]]],
	["accents", "Q {=año}", null, [["año", 1], ["AÑO", 1], ["ano", 0]]],
	["a text worth a part, with a comma", "Q {=%100,0%Rome =%50,5%Roma}", /worth a part/, [["Rome", 1], ["Roma", 0.505, 0], ["%100,0%Rome", 0]]],
	["texts worth nothing", "Q {=Rome =%0%Paris#No. =%0%*#Not at all.}", FOLDED, [["Rome", 1], ["Paris", 0], ["*", 0]]],
	["patterns alone", "Q {=*blue* =white*}", null, [["blue", 1], ["dark blue sky", 1], ["WHITE wine", 1], ["off white", 0]]],
	["anything", "Q {=*}", /Any text/, []],
	["a pattern among texts, and an asterisk", "Q {=blue =*blueish* =a\\\\*b}", null, [["blue", 1], ["dark blueish", 1], ["a*b", 1], ["axb", 0]]],
	["a pattern after a text that is wrong", "Q {=%0%dark blue#No. =*blue*}", /worth less fits/, [["blue", 1], ["dark blue", 0, 1]]],
	["a text after a pattern that is wrong", "Q {=%0%*#No. =blue}", /No answer/, []],
	["an asterisk", "Q {=2 \\* 3 =2 \\\\* 4}", null, [["2 * 3", 1], ["2 * 4", 1], ["2 x 3", 0]]],
	["a colon, a brace, a backslash", "Q {=C\\:\\\\\\{a\\}}", null, [["C:\\{a}", 1], ["C:", 0]]],
	["an embedded text", "Q {1:SHORTANSWER:=Rome}.", /Cloze/, []],
	["an embedded choice", "Q {:MC:~a=b}.", /Cloze/, []],
	["an embedded number", "Q {2:NUMERICAL:=3:0.1}.", /Cloze/, []],
	["two answer blocks", "Q {=a} and {=b}", /more than one/, []],

	// Numbers.
	["a number", "Q {#3}", null, [["3", 1], ["3.0", 1], ["3.1", 0]]],
	["a number with a tolerance", "Q {#3:2}", null, [["1", 1], ["5", 1], ["5.01", 0]]],
	["a range", "Q {#-1..2.5}", null, [["-1", 1], ["2.5", 1], ["-1.1", 0], ["2.6", 0]]],
	["a number with its format", "Q {#=[plain]3:0.5}", null, [["3.5", 1], ["4", 0]]],
	["feedback for all other numbers", `Q {#3:2~#${SECRET}}`, FOLDED, [["3", 1], ["1", 1], ["9", 0]]],
	["feedback for all other numbers, on lines", `Q {#\n=%100%3:2#\n~#${SECRET}\n}`, FOLDED, [["5", 1], ["9", 0]]],
	["several numbers", "Q {#=3 =5:0.5}", null, [["3", 1], ["5", 1], ["5.5", 1], ["4", 0]]],
	["a number after a wider one that is wrong", "Q {#=%0%3:2 =4}", /earlier answer/, [["4", 0, 1], ["3", 0]]],
	["a number worth a part", "Q {#=3 =%50%3:1}", /worth a part/, [["3", 1], ["3.5", 0.5, 0]]],
	["any number", "Q {#=3 =*}", /Any number/, []],
	["no number", "Q {#3,5}", /Not a number/, []],
	["two margins", "Q {#3:1:2}", /Not a number/, []],
	["three bounds", "Q {#1..2..3}", /Not a range/, []],

	// Pairs.
	["pairs", "Q {=a -> 1 =b -> 2 =c -> 3}", ROUNDED, [[{ a: "1", b: "2", c: "3" }, 1], [{ a: "1", b: "2" }, 0.667, 0.66], [{ a: "2" }, 0]]],
	["pairs with their format", "Q {=[plain]a -> [plain]1 =[html]<b>b</b> -> <i>2</i>}", null, [[{ a: "1", b: "2" }, 1], [{ a: "1" }, 0.5]]],
	["pairs with feedback", `Q {=a -> 1#${SECRET} =b -> 2}`, FOLDED, [[{ a: "1", b: "2" }, 1]]],
	["a pair too few", "Q {=a -> 1}", /prompts/, []],

	// Texts that takers read.
	["feedback of options", `Q {=yes#${SECRET} ~no#[html]<i>${SECRET}</i>}`, null, [["yes", 1], ["no", 0]]],
	["feedback of everything", `Q {F#${SECRET}#${SECRET}####${SECRET}}`, FOLDED, [[false, 1], [true, 0]]],
	["raised numbers", "[html]Q {=10<sup>3</sup> ~103 ~10<sup>2</sup> ~10<sub>3</sub> ~10<sup>1.5</sup>}", /with \^/, [["10³", 1], ["103", 0], ["10²", 0], ["10₃", 0], ["10^(1.5)", 0]]],
	["a raised letter", "[html]Q {=2<sup>a</sup> ~2a ~2<sup>a+b</sup>}", null, [["2ᵃ", 1], ["2a", 0], ["2ᵃ⁺ᵇ", 0]]],
	["an ordinal number", "[html]Q {=the 19<sup>th</sup> ~the 19<sup>-2</sup>}", null, [["the 19th", 1], ["the 19⁻²", 0]]],
	["formulas", "[html]Q {=<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math> ~12 ~<math><mn>1</mn><mfrac><mn>1</mn><mn>2</mn></mfrac></math>}", /formula/, [["1/2", 1], ["12", 0], ["1 1/2", 0]]],
	["a formula that is not well-formed", "[html]Q {=<math><mn>1</mn><mn>2</math> ~12}", /formula/, [["1 2", 1], ["12", 0]]],
	["HTML in a text without a format", "Q {=<b>a</b> &amp; b ~3 < 4 ~x<y and y>z ~List<String> ~&notanentity;}", /Markup/, [["a & b", 1], ["3 < 4", 0], ["x<y and y>z", 0], ["List<String>", 0], ["&notanentity;", 0]]],
	["characters by name and by number", "[html]Q {=&iquest;S&iacute;? &frac12; &\\#8805; &\\#150; &NotEqualTilde; ~N&oacute;}", null, [["¿Sí? ½ ≥ – ≂̸", 1], ["Nó", 0]]],
	["a picture with its text", '[html]Q {=<img src\\="a.png" alt\\="a cat"> ~<img alt\\=dog>}', /picture/, [["a cat", 1], ["dog", 0]]],
	["pictures alone", '[html]Q {=<img src\\="a.png"> ~<img src\\="b.png" alt\\="">}', /no text/, []],
];

const item = (interaction: string, declared: string, { processing = "", more = "", outcomes = "" } = {}) =>
	`<qti-assessment-item identifier="i"><qti-response-declaration identifier="R" ${declared}</qti-response-declaration>${outcomes}<qti-item-body>${interaction}</qti-item-body>${processing}${more}</qti-assessment-item>`;

const values = (...all: string[]) => all.map((value) => `<qti-value>${value}</qti-value>`).join("");
const correct = (...all: string[]) => `<qti-correct-response>${values(...all)}</qti-correct-response>`;
const mapping = (entries: Record<string, number>, attributes = "", more = "") =>
	`<qti-mapping ${attributes}>${Object.entries(entries)
		.map(([key, score]) => `<qti-map-entry map-key="${key}" mapped-value="${score}"${more}/>`)
		.join("")}</qti-mapping>`;
const template = (name: string) =>
	`<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/${name}.xml"/>`;

const RESPONSE = '<qti-variable identifier="R"/>';
const CORRECT = '<qti-correct identifier="R"/>';
const number = (value: number | string) => `<qti-base-value base-type="float">${value}</qti-base-value>`;
const identifier = (value: string) => `<qti-base-value base-type="identifier">${value}</qti-base-value>`;
const string = (value: string) => `<qti-base-value base-type="string">${value}</qti-base-value>`;
const set = (value: string, outcome = "SCORE") =>
	`<qti-set-outcome-value identifier="${outcome}">${value}</qti-set-outcome-value>`;
const when = (...branches: (readonly [condition: string, rules: string])[]) =>
	`<qti-response-condition>${branches
		.map(([condition, rules], index) => {
			const name = `qti-response-${index === 0 ? "if" : condition === "" ? "else" : "else-if"}`;
			return `<${name}>${condition}${rules}</${name}>`;
		})
		.join("")}</qti-response-condition>`;
const program = (...rules: string[]) => ({
	processing: `<qti-response-processing>${rules.join("")}</qti-response-processing>`,
});
const match = (a: string, b: string) => `<qti-match>${a}${b}</qti-match>`;
const fb = (text = SECRET) =>
	`<qti-feedback-inline outcome-identifier="F" identifier="A" show-hide="show">${text}</qti-feedback-inline>`;

const choices = (texts: Record<string, string>, attributes = 'max-choices="1"', prompt = "Q") =>
	`<qti-choice-interaction response-identifier="R" ${attributes}><qti-prompt>${prompt}</qti-prompt>${Object.entries(
		texts,
	)
		.map(([id, text]) => `<qti-simple-choice identifier="${id}">${text}</qti-simple-choice>`)
		.join("")}</qti-choice-interaction>`;
const ABC = { A: "a", B: "b", C: "c" };
const one = (rest: string) => `cardinality="single" base-type="identifier">${rest}`;
const many = (rest: string) => `cardinality="multiple" base-type="identifier">${rest}`;
const several = choices(ABC, 'max-choices="0"');
const entry = (attributes = "") => `<p>Q <qti-text-entry-interaction response-identifier="R" ${attributes}/></p>`;
const text = (rest: string) => `cardinality="single" base-type="string">${rest}`;
const float = (rest: string) => `cardinality="single" base-type="float">${rest}`;
const equal = (mode: string, tolerance: string, a: string, b: string, more = "") =>
	`<qti-equal tolerance-mode="${mode}" tolerance="${tolerance}" ${more}>${a}${b}</qti-equal>`;
const order = `<qti-order-interaction response-identifier="R"><qti-prompt>Q</qti-prompt>${Object.entries(ABC)
	.map(([id, label]) => `<qti-simple-choice identifier="${id}">${label}</qti-simple-choice>`)
	.join("")}</qti-order-interaction>`;
const outcome = (identifier: string, value: string | number, baseType = "float") =>
	`<qti-outcome-declaration identifier="${identifier}" cardinality="single" base-type="${baseType}"><qti-default-value>${values(String(value))}</qti-default-value></qti-outcome-declaration>`;
const outcomeOf = (identifier: string) => `<qti-variable identifier="${identifier}"/>`;
const associable = (texts: Record<string, string>) =>
	Object.entries(texts)
		.map(
			([id, label]) =>
				`<qti-simple-associable-choice identifier="${id}" match-max="1">${label}</qti-simple-associable-choice>`,
		)
		.join("");
const pairs = (left: Record<string, string>, right: Record<string, string>) =>
	`<qti-match-interaction response-identifier="R"><qti-prompt>Q</qti-prompt><qti-simple-match-set>${associable(left)}</qti-simple-match-set><qti-simple-match-set>${associable(right)}</qti-simple-match-set></qti-match-interaction>`;
const XY = pairs({ X: "x", Y: "y" }, { P: "p", Q: "q", Z: "z" });
const directed = (rest: string) => `cardinality="multiple" base-type="directedPair">${rest}`;
const view = (attributes: string, content: string) =>
	`<qti-rubric-block ${attributes}><qti-content-body><p>${content}</p></qti-content-body></qti-rubric-block>`;

// biome-ignore format: a table is read by its rows.
const QTI: readonly Case[] = [
	// One choice.
	["the correct response", item(choices(ABC), one(correct("B")), { processing: template("match_correct") }), null, [["a", 0], ["b", 1]]],
	["no processing", item(choices(ABC), one(correct("B"))), null, [["a", 0], ["b", 1]]],
	["another choice than the correct one earns the score", item(choices(ABC), one(correct("A")), program(when([match(RESPONSE, identifier("B")), set(number(1))]))), null, [["a", 0], ["b", 1]]],
	["the wrong ones are named", item(choices(ABC), one(correct("A")), program(set(number(2)), when([`<qti-or>${match(RESPONSE, identifier("A"))}${match(identifier("B"), RESPONSE)}</qti-or>`, set(number(0))]))), /no answer \(2 there, 0 here\)/, [["a", 0], ["b", 0], ["c", 1]], 2],
	["not the wrong one", item(choices({ A: "a", B: "b" }), one(correct("A")), program(when([`<qti-not>${match(RESPONSE, identifier("B"))}</qti-not>`, set(number(1))]))), null, [["a", 1], ["b", 0]]],
	["one of a list", item(choices(ABC), one(correct("A")), program(when([`<qti-member>${RESPONSE}<qti-multiple>${identifier("B")}</qti-multiple></qti-member>`, set(number(1))]))), null, [["a", 0], ["b", 1]]],
	["two of a list", item(choices(ABC), one(correct("A")), program(when([`<qti-member>${RESPONSE}<qti-multiple>${identifier("B")}${identifier("C")}</qti-multiple></qti-member>`, set(number(1))]))), ANY, []],
	["by if, else if and else", item(choices(ABC), one(correct("A")), program(when([match(RESPONSE, identifier("A")), set(number(1))], [match(RESPONSE, identifier("B")), set(number(3))], ["", set(number(0))]))), /other choices/, [["a", 0.333, 0], ["b", 1], ["c", 0]], 3],
	["the score by a sum", item(choices(ABC), one(correct("B")), program(when([match(RESPONSE, CORRECT), set(`<qti-sum><qti-variable identifier="SCORE"/>${number(2)}</qti-sum>`)]))), null, [["a", 0], ["b", 1]], 2],
	["the score by another outcome", item(choices(ABC), one(correct("B")), { ...program(when([match(RESPONSE, CORRECT), set('<qti-variable identifier="MAXSCORE"/>')])), outcomes: `<qti-outcome-declaration identifier="MAXSCORE" base-type="float"><qti-default-value>${values("4")}</qti-default-value></qti-outcome-declaration>` }), null, [["a", 0], ["b", 1]], 4],
	["processing that ends early", item(choices(ABC), one(correct("B")), program(when([match(RESPONSE, identifier("B")), "<qti-exit-response/>"]), when([`<qti-not><qti-is-null>${RESPONSE}</qti-is-null></qti-not>`, set(number(1))]))), ANY, []],
	["feedback is set beside the score", item(choices(ABC), one(correct("B")), program(when([match(RESPONSE, CORRECT), set(number(1)) + set(identifier("yes"), "F")], ["", set(identifier("no"), "F")]))), null, [["a", 0], ["b", 1]]],
	["feedback is set and no score", item(choices(ABC), one(correct("B")), program(when([match(RESPONSE, CORRECT), set(identifier("yes"), "F")]))), /left out: the key/, [["b", 1], ["a", 0]]],
	["a program beyond us", item(choices(ABC), one(correct("B")), program(set("<qti-random-float min='0' max='1'/>"))), /left out: the key/, [["b", 1], ["a", 0]]],
	["a template that is not known", item(choices(ABC), one(correct("B")), { processing: template("of_my_own") }), /left out: the key/, [["b", 1], ["a", 0]]],
	["a table", item(choices(ABC), one(mapping({ A: 1, B: 2 })), { processing: template("map_response") }), /other choices/, [["a", 0.5, 0], ["b", 1]], 2],
	["a table with two best", item(choices(ABC), one(mapping({ A: 1, B: 1 })), { processing: template("map_response") }), ANY, []],
	["a table beside match_correct", item(choices(ABC), one(correct("A") + mapping({ B: 2 })), { processing: template("match_correct") }), null, [["a", 1], ["b", 0]]],
	["an upper bound", item(choices(ABC), one(mapping({ A: 5 }, 'upper-bound="2"')), { processing: template("map_response") }), null, [["a", 1], ["b", 0]], 2],
	["wrong ones cost marks", item(choices(ABC), one(mapping({ A: 1, B: -1 })), { processing: template("map_response") }), /no marks away/, [["a", 1], ["b", -1, 0]]],
	["nothing is right", item(choices(ABC), one(correct("Z"))), /No choice is right/, []],
	["half a mark", item(choices(ABC), one(mapping({ A: 0.5 })), { processing: template("map_response") }), null, [["a", 1]], 0.5],
	["true and false", item(choices({ true: "True", false: "False" }), one(correct("false"))), null, [[false, 1], [true, 0]]],
	["true and false in another language", item(choices({ false: "Falsch", true: "Wahr" }), one(correct("true"))), null, [[true, 1], [false, 0]]],
	["identifiers true and false for something else", item(choices({ false: "Agree", true: "Disagree" }), one(correct("false"))), null, [["Agree", 1], ["Disagree", 0]]],
	["identifiers true and false the other way round", item(choices({ true: "False", false: "True" }), one(correct("true"))), null, [["False", 1], ["True", 0]]],
	["several that may be one", item(choices(ABC), many(correct("B"))), null, [["b", 1], ["a", 0]]],

	// Several choices.
	["several, all or nothing", item(several, many(correct("A", "B"))), null, [[["a", "b"], 1], ["a", 0], [["a", "b", "c"], 0]]],
	["several, other ones than the correct ones", item(several, many(correct("A", "B")), program(when([match(RESPONSE, `<qti-multiple>${identifier("B")}${identifier("C")}</qti-multiple>`), set(number(1))]))), null, [[["b", "c"], 1], [["a", "b"], 0], ["b", 0]]],
	["several, two ways", item(several, many(correct("A", "B")), program(when([match(RESPONSE, CORRECT), set(number(1))], [match(RESPONSE, `<qti-multiple>${identifier("C")}</qti-multiple>`), set(number(1))]))), ANY, []],
	["halves", item(several, many(mapping({ A: 0.5, B: 0.5 }, 'lower-bound="0" upper-bound="1" default-value="-0.5"')), { processing: template("map_response") }), null, [[["a", "b"], 1], ["a", 0.5], [["a", "b", "c"], 0.5], ["c", 0]]],
	["halves of a hundredth", item(several, many(mapping({ A: 0.005, B: 0.005 }, 'lower-bound="0" upper-bound="0.01" default-value="-0.005"')), { processing: template("map_response") }), /so that parts of it count/, [[["a", "b"], 1], ["a", 0.5], ["c", 0]], 2],
	["whole parts", item(several, many(mapping({ A: 2, B: 2, C: -2 }, 'lower-bound="0"')), { processing: template("map_response") }), null, [[["a", "b"], 1], ["a", 0.5], [["a", "b", "c"], 0.5], ["c", 0]], 4],
	["wrong ones cost nothing", item(several, many(mapping({ A: 1, B: 1 })), { processing: template("map_response") }), EVENED, [[["a", "b"], 1], ["a", 0.5], [["a", "b", "c"], 1, 0.5]], 2],
	["uneven parts", item(several, many(mapping({ A: 3, B: 1, C: -1 })), { processing: template("map_response") }), EVENED, [[["a", "b"], 1], ["a", 0.75, 0.5]], 4],
	["wrong ones cost more than all", item(several, many(mapping({ A: 1, B: 1, C: -1 })), { processing: template("map_response") }), /no marks away/, [[["a", "b"], 1], ["a", 0.5], ["c", -0.5, 0]], 2],
	["all or nothing, or less", item(several, many(correct("A", "B")), program(when([match(RESPONSE, CORRECT), set(number(1))], ["", set(number(-1))]))), /no marks away/, [[["a", "b"], 1], ["a", -1, 0]]],
	["a bound that makes one enough", item(several, many(mapping({ A: 1, B: 1 }, 'upper-bound="1"')), { processing: template("map_response") }), ANY, []],
	["two of three are enough", item(several, many(mapping({ A: 1, B: 1, C: 1 }, 'upper-bound="2"')), { processing: template("map_response") }), /is enough/, []],
	["others may be chosen, too", item(several, many(correct("A")), program(when([`<qti-member>${identifier("A")}${RESPONSE}</qti-member>`, set(number(1))]))), /as well/, [["a", 1], [["a", "b"], 1, 0], ["b", 0]]],
	["by a condition for each", item(several, many(correct("A", "B")), program(...["A", "B"].map((id) => when([`<qti-member>${identifier(id)}${RESPONSE}</qti-member>`, set(`<qti-sum><qti-variable identifier="SCORE"/>${number(1)}</qti-sum>`)])))), EVENED, [[["a", "b"], 1], ["a", 0.5], ["c", 0]], 2],

	// Texts.
	["a text by match_correct", item(entry(), text(correct("York")), { processing: template("match_correct") }), null, [["York", 1], ["york", 0], ["Yörk", 0]]],
	["a text by a table", item(entry(), text(mapping({ York: 1, Jork: 1 })), { processing: template("map_response") }), null, [["york", 1], ["JORK", 1], ["Yörk", 0]]],
	["case matters in a table", item(entry(), text(mapping({ York: 1 }, "", ' case-sensitive="true"')), { processing: template("map_response") }), null, [["York", 1], ["york", 0]]],
	["texts worth a part", item(entry(), text(mapping({ York: 1, Jork: 0.5 })), { processing: template("map_response") }), /worth a part/, [["York", 1], ["Jork", 0.5, 0]]],
	["texts that are compared", item(entry(), text(correct("Colour")), program(when([`<qti-or>${["colour", "color"].map((one) => `<qti-string-match case-sensitive="false">${RESPONSE}${string(one)}</qti-string-match>`).join("")}</qti-or>`, set(number(1))]))), null, [["Color", 1], ["colour", 1], ["colr", 0]]],
	["a text that is not the correct one", item(entry(), text(correct("York")), program(when([match(RESPONSE, string("Leeds")), set(number(1))]))), null, [["Leeds", 1], ["York", 0], ["leeds", 0]]],
	["a part of a text", item(entry(), text(correct("York")), program(when([`<qti-string-match case-sensitive="false" substring="true">${RESPONSE}${CORRECT}</qti-string-match>`, set(number(1))]))), /hold an accepted one/, [["york", 1], ["New York", 1, 0], ["Leeds", 0]]],
	["any text", item(entry(), text(correct("York")), program(when([`<qti-not><qti-is-null>${RESPONSE}</qti-is-null></qti-not>`, set(number(1))]))), /Any text/, []],
	["any other text", item(entry(), text(mapping({ York: 1 }, 'default-value="1"')), { processing: template("map_response") }), /Any text/, []],

	["a text that is an outcome", item(entry(), text(correct("Lima")), { ...program(when([`<qti-or>${match(RESPONSE, CORRECT)}${match(outcomeOf("OTHER"), RESPONSE)}</qti-or>`, set(number(1))])), outcomes: outcome("OTHER", "Callao", "string") }), null, [["Lima", 1], ["Callao", 1], ["Ica", 0]]],
	["a part of the text is enough", item(entry(), text(correct("Lima")), program(when([`<qti-string-match substring="true">${string("Lima")}${RESPONSE}</qti-string-match>`, set(number(1))]))), /are a part of an accepted one/, [["Lima", 1], ["Lim", 1, 0]]],
	["a part of a text that is accepted, too", item(entry(), text(mapping({ Colour: 1, colours: 1 })), { processing: template("map_response") }), null, [["Colour", 1], ["COLOURS", 1], ["col", 0]]],
	["wrong texts cost marks", item(entry(), text(mapping({ York: 1 }, 'default-value="-1"')), { processing: template("map_response") }), /no marks away/, [["York", 1], ["Leeds", -1, 0]]],
	["one wrong text costs marks", item(entry(), text(mapping({ York: 1, Leeds: -1 })), { processing: template("map_response") }), /no marks away/, [["York", 1], ["Leeds", -1, 0]]],
	["case matters, by a number", item(entry(), text(correct("York")), program(when([`<qti-string-match case-sensitive="1">${RESPONSE}${CORRECT}</qti-string-match>`, set(number(1))]))), null, [["York", 1], ["york", 0]]],
	["two texts where one is taken", item(entry(), text(correct("York", "Leeds"))), /only the first/, [["York", 1], ["Leeds", 1, 0]]],

	// Numbers.
	["a number", item(entry(), float(correct("4.2")), { processing: template("match_correct") }), null, [["4.2", 1], ["4.20", 1], ["4.21", 0]]],
	["an absolute tolerance and a sum", item(entry(), float(correct("4.2")), program(when([equal("absolute", "0.1 0.1", RESPONSE, CORRECT), set(`<qti-sum><qti-variable identifier="SCORE"/>${number(2)}</qti-sum>`)]))), null, [["4.25", 1], ["4.3", 1], ["4.1", 1], ["4.31", 0]], 2],
	["one tolerance for both sides", item(entry(), float(correct("10")), program(when([equal("absolute", "2", CORRECT, RESPONSE), set(number(1))]))), null, [["8", 1], ["12", 1], ["12.1", 0]]],
	["two tolerances", item(entry(), float(correct("10")), program(when([equal("absolute", "1 3", CORRECT, RESPONSE), set(number(1))]))), null, [["9", 1], ["13", 1], ["8.9", 0], ["13.1", 0]]],
	["a relative tolerance", item(entry(), float(correct("200")), program(when([equal("relative", "1 1", CORRECT, RESPONSE), set(number(1))]))), null, [["198", 1], ["202", 1], ["202.1", 0]]],
	["a bound that does not belong", item(entry(), float(correct("10")), program(when([equal("absolute", "1 1", CORRECT, RESPONSE, 'include-upper-bound="false"'), set(number(1))]))), /bounds/, [["10.9", 1], ["9", 1], ["11", 0, 1]]],
	["a tolerance around another number", item(entry(), float(correct("4")), program(when([equal("absolute", "1 1", RESPONSE, number(7)), set(number(1))]))), null, [["7", 1], ["6", 1], ["4", 0]]],
	["a range", item(entry(), float(correct("3")), program(when([`<qti-and><qti-gte>${RESPONSE}${number(1)}</qti-gte><qti-lte>${RESPONSE}${number(5)}</qti-lte></qti-and>`, set(number(1))]))), null, [["1", 1], ["5", 1], ["5.1", 0], ["0.9", 0]]],
	["a range of whole numbers", item(entry(), float(correct("3")).replace("float", "integer"), program(when([`<qti-and><qti-gt>${RESPONSE}${number(1)}</qti-gt><qti-lt>${RESPONSE}${number(5)}</qti-lt></qti-and>`, set(number(1))]))), null, [["2", 1], ["4", 1], ["1", 0], ["5", 0]]],
	["all numbers beyond one", item(entry(), float(correct("3")), program(when([`<qti-gte>${RESPONSE}${number(1)}</qti-gte>`, set(number(1))]))), /beyond a bound/, []],
	["several numbers", item(entry(), float(correct("4") + mapping({ 3: 1, 4: 1 })), { processing: template("map_response") }), null, [["4", 1], ["3", 1], ["3.5", 0]]],
	["a wide number worth less", item(entry(), float(correct("4")), program(when([equal("absolute", "0", CORRECT, RESPONSE), set(number(2))], [equal("absolute", "1", CORRECT, RESPONSE), set(number(1))]))), /worth a part/, [["4", 1], ["4.5", 0.5, 0]], 2],
	["bounds that are outcomes", item(entry(), float(correct("3")), { ...program(when([`<qti-and><qti-gte>${RESPONSE}${outcomeOf("LOW")}</qti-gte><qti-lte>${RESPONSE}${outcomeOf("HIGH")}</qti-lte></qti-and>`, set(number(1))])), outcomes: outcome("LOW", 2.5) + outcome("HIGH", 3.5) }), null, [["2.5", 1], ["3.5", 1], ["3.6", 0]]],
	["a bound that is the default of an outcome", item(entry(), float(correct("3")), { ...program(when([`<qti-and><qti-gte>${RESPONSE}<qti-default identifier="LOW"/></qti-gte><qti-lte>${RESPONSE}${number(4)}</qti-lte></qti-and>`, set(number(1))])), outcomes: outcome("LOW", 2) }), null, [["2", 1], ["4", 1], ["1.9", 0]]],
	["a tolerance around an outcome", item(entry(), float(correct("3")), { ...program(when([equal("absolute", "1 1", RESPONSE, outcomeOf("MIDDLE")), set(number(1))])), outcomes: outcome("MIDDLE", 3) }), null, [["2", 1], ["4", 1], ["4.1", 0]]],
	["a tolerance around an outcome that the program sets", item(entry(), float(correct("3")), { ...program(set(number(7), "MIDDLE"), when([equal("absolute", "1 1", RESPONSE, outcomeOf("MIDDLE")), set(number(1))])), outcomes: outcome("MIDDLE", 3) }), null, [["6", 1], ["8", 1], ["3", 0]]],
	["a tolerance around a sum", item(entry(), float(correct("3")), program(when([equal("absolute", "1 1", RESPONSE, `<qti-sum>${number(1)}${number(2)}</qti-sum>`), set(number(1))]))), /left out: the key/, [["3", 1], ["3.5", 1, 0]]],
	["a number that is rounded first", item(entry(), float(correct("3")), program(when([match(`<qti-round>${RESPONSE}</qti-round>`, number(3)), set(number(1))]))), /left out: the key/, [["3", 1], ["3.2", 1, 0]]],
	["how far a number is from another", item(entry(), float(correct("3")), program(when([`<qti-lt><qti-max><qti-subtract>${RESPONSE}${number(3)}</qti-subtract><qti-subtract>${number(3)}${RESPONSE}</qti-subtract></qti-max>${number(0.5)}</qti-lt>`, set(number(1))]))), /left out: the key/, [["3", 1], ["3.2", 1, 0]]],
	["a number in hexadecimal", item(entry('base="16"'), float(correct("10")).replace("float", "integer")), /tens/, []],

	// Orders and pairs.
	["an order", item(order, `cardinality="ordered" base-type="identifier">${correct("C", "A", "B")}`), /Neighbours/, [[["c", "a", "b"], 1], [["a", "b", "c"], 0, 0.5]]],
	["an order that is not the correct one", item(order, `cardinality="ordered" base-type="identifier">${correct("A", "B", "C")}`, program(when([match(RESPONSE, `<qti-ordered>${["B", "C", "A"].map(identifier).join("")}</qti-ordered>`), set(number(1))]))), /Neighbours/, [[["b", "c", "a"], 1]]],
	["wrong orders cost marks", item(order, `cardinality="ordered" base-type="identifier">${correct("C", "A", "B")}`, program(when([match(RESPONSE, CORRECT), set(number(1))], ["", set(number(-1))]))), /no marks away/, [[["c", "a", "b"], 1]]],
	["an order of a part", item(order, `cardinality="ordered" base-type="identifier">${correct("C", "A")}`), /No order/, []],
	["pairs, all or nothing", item(XY, directed(correct("X P", "Y Q"))), /not only all/, [[{ x: "p", y: "q" }, 1], [{ x: "p" }, 0, 0.5]]],
	["pairs by a table", item(XY, directed(mapping({ "X P": 1, "Y Q": 1 })), { processing: template("map_response") }), null, [[{ x: "p", y: "q" }, 1], [{ x: "p" }, 0.5], [{ x: "q" }, 0]], 2],
	["pairs of half a mark", item(XY, directed(mapping({ "X P": 0.5, "Y Q": 0.5 })), { processing: template("map_response") }), null, [[{ x: "p", y: "q" }, 1], [{ x: "p" }, 0.5]]],
	["wrong pairs cost marks", item(XY, directed(mapping({ "X P": 1, "Y Q": 1 }, 'default-value="-1"')), { processing: template("map_response") }), /no marks away/, [[{ x: "p", y: "q" }, 1], [{ x: "p", y: "z" }, 0, 0.5]], 2],
	["the second entries have one partner each", item(XY, directed(correct("X P", "X Q", "Y Z"))), /not only all/, [[{ p: "x", q: "x", z: "y" }, 1]]],
	["two partners for one", item(XY, directed(correct("X P", "X Q"))), /exactly one partner/, []],

	// Texts that takers read.
	["feedback of a choice", item(choices({ A: `a${fb()}`, B: `b <b>${fb()}</b>` }), one(correct("A"))), FOLDED, [["a", 1], ["b", 0]]],
	["feedback in a prompt", item(choices(ABC, "", `Q ${fb()}<p>${fb()}</p>`), one(correct("A"))), FOLDED, [["a", 1]]],
	["feedback in the body", item(`${fb()}<qti-feedback-block><qti-content-body>${SECRET}</qti-content-body></qti-feedback-block>${choices(ABC)}`, one(correct("A"))), FOLDED, [["a", 1]]],
	["feedback within feedback", item(choices({ A: `a${fb(`x${fb()}`)}`, B: "b" }), one(correct("A"))), FOLDED, [["a", 1]]],
	["modal feedback", item(choices(ABC), one(correct("A")), { more: `<qti-modal-feedback identifier="x"><qti-content-body>${SECRET}</qti-content-body></qti-modal-feedback>` }), FOLDED, [["a", 1]]],
	["feedback of entries to match", item(pairs({ X: `x${fb()}`, Y: "y" }, { P: `p${fb()}`, Q: "q" }), directed(correct("X P", "Y Q"))), FOLDED, [[{ x: "p", y: "q" }, 1]]],
	["feedback of items to be ordered", item(order.replace(">a<", `>a${fb()}<`), `cardinality="ordered" base-type="identifier">${correct("C", "A", "B")}`), FOLDED, [[["c", "a", "b"], 1]]],
	["feedback in a formula", item(choices({ A: `<math><mtext>a${fb()}</mtext></math>`, B: "b" }), one(correct("A"))), FOLDED, [["a", 1], ["b", 0]]],
	["feedback in a hint", item(view('view="candidate" class="marksheet-hint"', fb()) + choices(ABC), one(correct("A"))), FOLDED, [["a", 1]]],
	["a stimulus beside the body", item(choices(ABC), one(correct("A")), { more: '<qti-assessment-stimulus-ref identifier="s" href="s.xml"/>' }), /stimulus/, [["a", 1]]],
	["a rubric for scorers", item(view('view="scorer"', SECRET) + choices(ABC), one(correct("A"))), /not for candidates/, [["a", 1]]],
	["a rubric that says not for whom", item(view("", SECRET) + choices(ABC), one(correct("A"))), /not for candidates/, [["a", 1]]],
	["a rubric for scorers that calls itself a hint", item(view('view="scorer" class="marksheet-hint"', SECRET) + choices(ABC), one(correct("A"))), /not for candidates/, [["a", 1]]],
	["a rubric within a prompt and a choice", item(choices({ A: `a${view('view="tutor"', SECRET)}`, B: "b" }, "", `Q${view('view="scorer"', SECRET)}`), one(correct("A"))), /not for candidates/, [["a", 1]]],
	["how to score it, though candidates may see it", item(view('view="candidate scorer" use="scoring"', SECRET) + choices(ABC), one(correct("A"))), /not for candidates/, [["a", 1]]],
	["a block of a template", item(`<qti-template-block>${SECRET}</qti-template-block>${choices(ABC)}`, one(correct("A"))), /qti-template-block/, [["a", 1]]],
	["formulas", item(choices({ A: "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", B: "12", C: "<math><msup><mn>1</mn><mn>2</mn></msup></math>" }), one(correct("A"))), /formula/, [["1/2", 1], ["12", 0], ["1^2", 0]]],
	["raised numbers", item(choices({ A: "10<sup>3</sup>", B: "103", C: "10<sup>2</sup>" }), one(correct("A"))), null, [["10³", 1], ["103", 0], ["10²", 0]]],
	["pictures alone", item(choices({ A: '<img src="a.png" alt=""/>', B: '<img src="b.png"/>' }), one(correct("A"))), /no text/, []],
];

it.each(GIFT.map(named))("GIFT is right, or degraded with the reason, or skipped: %s", (_, one) => expectCase(one));

it.each(QTI.map(named))("QTI is right, or degraded with the reason, or skipped: %s", (_, one) => expectCase(one));

it("no two cases have the same name", () => {
	for (const list of [GIFT, QTI]) expect(new Set(list.map(([name]) => name)).size).toBe(list.length);
});

const NAMES = ["a", "b", "c", "d", "e"];
const subsets = (names: readonly string[]) =>
	Array.from({ length: 2 ** names.length - 1 }, (_, bits) => names.filter((_, index) => ((bits + 1) >> index) & 1));
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const within = (low: number, value: number, high: number) => Math.min(high, Math.max(low, value));

it("any weights of Moodle: what is imported gives every selection the share that Moodle gives it", () => {
	const weight = fc.constantFrom(0, 100, 50, 25, 33.33333, -100, -50, -25, -33.33333, 60, 20);
	fc.assert(
		fc.property(fc.array(weight, { minLength: 2, maxLength: NAMES.length }), (weights) => {
			const names = NAMES.slice(0, weights.length);
			const text = `Q {${names.map((name, index) => `~%${weights[index]}%${name}`).join(" ")}}`;
			expectSame(text, subsets(names), (selection) => {
				return within(0, sum(selection.map((name) => weights[names.indexOf(name)] ?? 0)), 100) / 100;
			});
		}),
		{ numRuns: runsOf(5_000) },
	);
});

/** What takers see of sources that list the same texts in several orders as right, each different one once. */
const shownOrders = (sourceOf: (right: readonly string[]) => string) =>
	new Set(
		["abcd", "bcda", "dcba", "badc", "cdab"].map((right) => {
			const { question } = imported(sourceOf([...right]));
			if (!question) throw new Error(`skipped: ${sourceOf([...right])}`);
			return JSON.stringify(shownQuestion(question));
		}),
	);

const PROMPTS = ["w", "x", "y", "z"];
const ordered = (right: readonly string[], shuffle: string) => {
	const labels = right.map((label) => `<qti-simple-choice identifier="${label}">${label}</qti-simple-choice>`);
	const interaction = `<qti-order-interaction response-identifier="R"${shuffle}><qti-prompt>Q</qti-prompt>${labels.join("")}</qti-order-interaction>`;
	return item(interaction, `cardinality="ordered" base-type="identifier">${correct(...right)}`);
};
const byPrompt = (right: readonly string[]) => right.map((label, index) => `${PROMPTS[index]} ${label}`);
const sameNames = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, name]));
const matched = (right: readonly string[]) =>
	item(pairs(sameNames(PROMPTS), sameNames(right)), directed(correct(...byPrompt(right))));
const associate = (right: readonly string[]) => {
	const all = associable(sameNames([...PROMPTS, ...right]));
	const interaction = `<qti-associate-interaction response-identifier="R"><qti-prompt>Q</qti-prompt>${all}</qti-associate-interaction>`;
	return item(interaction, `cardinality="multiple" base-type="pair">${correct(...byPrompt(right))}`);
};
const firstIsRight = ([right = "", ...wrong]: readonly string[]) =>
	item(choices(sameNames([right, ...wrong]), 'max-choices="1" shuffle="true"'), one(correct(right)));

it.each<[string, (right: readonly string[]) => string]>([
	["pairs of GIFT", (right) => `Q {${right.map((label, index) => `=${PROMPTS[index]} -> ${label}`).join(" ")}}`],
	["an order of QTI", (right) => ordered(right, "")],
	["an order of QTI that is shuffled", (right) => ordered(right, ' shuffle="true"')],
	["pairs of QTI", matched],
	["associated pairs of QTI", associate],
	["choices of QTI that are shuffled", firstIsRight],
])("%s: what is listed as it is right is shown in an order that does not depend on it", (_, sourceOf) => {
	expect([...shownOrders(sourceOf)]).toHaveLength(1);
});

it("what is not shuffled, or fixed, stays where it stands", () => {
	const itemsOf = (source: string) => {
		const { question } = imported(source);
		return question?.type === "ordering" ? question.items.join("") : null;
	};
	for (const right of ["abcd", "dcba", "cabd"]) expect(itemsOf(ordered([...right], ' shuffle="false"'))).toBe(right);
	const last = ordered([..."abcd"], ' shuffle="true"').replace('identifier="b"', 'identifier="b" fixed="true"');
	expect(itemsOf(last)).toMatch(/^.b..$/);
	expect(itemsOf(last)).not.toBe("abcd");
});

it("any table of QTI: what is imported gives every selection the share that QTI gives it", () => {
	const scores = fc.array(fc.constantFrom(0, 1, 0.5, 2, -1, -0.5, -2), { minLength: 2, maxLength: NAMES.length });
	const bound = fc.option(fc.constantFrom(1, 2, 4), { nil: undefined });
	fc.assert(
		fc.property(scores, bound, fc.constantFrom(0, -1, 1), (entries, upper, otherwise) => {
			const names = NAMES.slice(0, entries.length);
			// The last one is not in the table.
			const table = Object.fromEntries(names.slice(0, -1).map((name, index) => [name, entries[index] ?? 0]));
			const bounds = `lower-bound="0" default-value="${otherwise}"${upper === undefined ? "" : ` upper-bound="${upper}"`}`;
			const texts = Object.fromEntries(names.map((name) => [name, name]));
			const source = item(choices(texts, 'max-choices="0"'), many(mapping(table, bounds)), {
				processing: template("map_response"),
			});
			const worth = (selection: readonly string[]) =>
				within(0, sum(selection.map((name) => table[name] ?? otherwise)), upper ?? Number.POSITIVE_INFINITY);
			const most = Math.max(...subsets(names).map(worth));
			expectSame(source, subsets(names), (selection) => worth(selection) / most);
		}),
		{ numRuns: runsOf(5_000) },
	);
});
