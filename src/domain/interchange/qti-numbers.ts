import type { Decimal } from "../decimal.ts";
import { parseDecimal } from "../decimal.ts";
import { compareDecimals, fitting, middleOf, plus, rangeOf, shifted } from "./decimals.ts";
import { marksFor } from "./marks.ts";
import { boundsOf, type Tolerance } from "./qti-expressions.ts";
import { bounded, NO_PENALTY, type QtiSource } from "./qti-source.ts";
import { type QuestionDraft, Skip } from "./report.ts";

type NumberKey = Pick<Numeric, "correct" | "tolerance" | "tolerance_kind">;
type Numeric = Omit<Extract<QuestionDraft, { type: "numeric" }>, "question">;

/**
 * Which numbers are right, told from what numbers are worth: those that the item names, the bounds of its tolerances, one
 * between each two of them, and one on either side. What they are worth cannot change anywhere else.
 */
export function numeric(source: QtiSource): Numeric {
	const { declaration, scoring, losses } = source;
	const points = pointsOf(source);
	const places = placesAmong(points, declaration.baseType === "integer");
	const scores = places.map(({ at }) => scoring.scoreOf(at));
	const best = Math.max(0, ...scores);
	if (best <= 0) throw new Skip("No number is right.");
	const isRight = scores.map((score) => score > best - 1e-6);
	if (isRight[0] || isRight.at(-1))
		throw new Skip("Any number beyond a bound is right, which no type of question says.");
	if (scores.some((score, index) => score > 0 && !isRight[index])) {
		losses.earns("Numbers that are worth a part of the marks were left out.");
	}
	if (scores.some((score) => score < 0)) losses.earns(NO_PENALTY);
	const runs = runsOf(isRight);
	const named = parseDecimal(declaration.correct[0] ?? "");
	const run = runs.find(({ from, to }) => named !== null && isBetween(named, places, from, to)) ?? runs[0];
	if (!run) throw new Skip("No number is right.");
	const keyOf = (stretch: Stretch) => numberKeyOf(stretch, places, source);
	const also = runs.filter((other) => other !== run).map(keyOf);
	return { type: "numeric", ...keyOf(run), ...(also.length > 0 && { also }), marks: marksFor(best, losses) };
}

/** A stretch of numbers that are right. */
function numberKeyOf(run: Stretch, places: readonly Place[], source: QtiSource): NumberKey {
	// Between two points the bounds themselves are not right.
	const [first, last] = [places[run.from], places[run.to]];
	const low = first?.isPoint ? first.at : places[run.from - 1]?.at;
	const high = last?.isPoint ? last.at : places[run.to + 1]?.at;
	if (!low || !high) throw new Skip("No number is right.");
	if (!first?.isPoint || !last?.isPoint) source.losses.earns("The bounds of its range are right, too, here.");
	return within(low, high, source);
}

const sorted = (numbers: readonly Decimal[]) =>
	numbers.toSorted(compareDecimals).filter((one, index, all) => {
		const before = all[index - 1];
		return before === undefined || compareDecimals(before, one) !== 0;
	});

const ONE = { unscaled: 1n, scale: 0 };
const MINUS_ONE = { unscaled: -1n, scale: 0 };

/** The numbers that an item names. */
function numbersIn({ declaration, scoring }: QtiSource): Decimal[] {
	const keys = declaration.mapping?.entries.map(({ key }) => key) ?? [];
	const texts = bounded([...new Set([...declaration.correct, ...keys, ...scoring.constants])]);
	return texts.flatMap((text) => parseDecimal(text) ?? []);
}

/** Its tolerances, each with a number that it may be about. */
function tolerancesIn(source: QtiSource): { tolerance: Tolerance; number: Decimal }[] {
	return bounded(
		bounded([...source.scoring.tolerances]).flatMap(({ tolerance, about }) => {
			const numbers = about === null ? numbersIn(source) : [parseDecimal(about) ?? []].flat();
			return numbers.map((number) => ({ tolerance, number }));
		}),
	);
}

function pointsOf(source: QtiSource): Decimal[] {
	const { declaration } = source;
	const numbers = numbersIn(source);
	if (numbers.length === 0) throw new Skip("Its correct response is not a number.");
	const bounds = tolerancesIn(source).flatMap(({ tolerance, number }) => Object.values(boundsOf(number, tolerance)));
	const points = [...numbers, ...bounds];
	// With whole numbers only, what is beyond a bound begins with the next one.
	if (declaration.baseType === "integer") {
		points.push(...points.flatMap((point) => [plus(point, MINUS_ONE), plus(point, ONE)]));
	}
	return sorted(points);
}

interface Place {
	at: Decimal;
	/** Whether it is one that the item names. */
	isPoint: boolean;
}

function placesAmong(points: readonly Decimal[], whole: boolean): Place[] {
	const between = points.flatMap((point, index): Place[] => {
		const next = points[index + 1];
		const here = { at: point, isPoint: true };
		if (next === undefined || whole) return [here];
		return [here, { at: middleOf(point, next), isPoint: false }];
	});
	const [first = ONE, last = ONE] = [points[0], points.at(-1)];
	return [{ at: plus(first, MINUS_ONE), isPoint: false }, ...between, { at: plus(last, ONE), isPoint: false }];
}

interface Stretch {
	from: number;
	to: number;
}

/** Stretches of places that are right. */
function runsOf(isRight: readonly boolean[]): Stretch[] {
	const runs: Stretch[] = [];
	isRight.forEach((right, index) => {
		const last = runs.at(-1);
		if (right && last?.to === index - 1) last.to = index;
		else if (right) runs.push({ from: index, to: index });
	});
	return runs;
}

function isBetween(number: Decimal, places: readonly Place[], from: number, to: number): boolean {
	const [low, high] = [places[from], places[to]];
	return (
		low !== undefined &&
		high !== undefined &&
		compareDecimals(low.at, number) <= 0 &&
		compareDecimals(number, high.at) <= 0
	);
}

/** A range as a number with a tolerance: relative where the item says it so. */
function within(low: Decimal, high: Decimal, source: QtiSource): NumberKey {
	for (const { tolerance, number } of tolerancesIn(source)) {
		if (tolerance.mode !== "relative" || compareDecimals(tolerance.below, tolerance.above) !== 0) continue;
		const { from, to } = boundsOf(number, tolerance);
		const [correct, percent] = [fitting(number), fitting(tolerance.below)];
		const share = percent === null ? null : shifted(percent, -2);
		if (compareDecimals(from, low) !== 0 || compareDecimals(to, high) !== 0 || correct === null || share === null)
			continue;
		return { correct, tolerance: share, tolerance_kind: "relative" };
	}
	const [from, to] = [fitting(low), fitting(high)];
	const range = from === null || to === null ? null : rangeOf(from, to);
	if (!range) throw new Skip("Its numbers have too many digits.");
	return { correct: range.correct, ...(range.tolerance !== "0" && { tolerance: range.tolerance }) };
}
