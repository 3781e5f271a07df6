import { Skip } from "./report.ts";
import { ANY_IS_RIGHT, PART_IS_ENOUGH } from "./weights.ts";

/** What is right where several may be chosen, options or pairs, told from what selections of them are worth. */

export interface RightSelection {
	members: string[];
	score: number;
	/** Whether a part of it, or it with others, is worth something. */
	parts: boolean;
	/** Whether each of its members is worth the same, and each other one takes as much away. */
	even: boolean;
	/** Whether some selections are worth less than nothing. */
	costs: boolean;
	/** Whether it keeps all of its worth with others chosen as well. */
	tolerant: boolean;
}

const ERROR = 1e-6;
const isPositive = (score: number) => score > ERROR;
const equal = (a: number, b: number) => Math.abs(a - b) < 1e-3;

/**
 * @param known what can be chosen, or what of it is known to count
 * @param candidates selections that may be the right one
 * @throws Skip where nothing is right, or more than one selection is
 */
export function rightSelection(
	known: readonly string[],
	candidates: readonly (readonly string[])[],
	scoreOf: (members: readonly string[]) => number,
): RightSelection {
	const alone = new Map(known.map((member) => [member, scoreOf([member])]));
	const positive = known.filter((member) => isPositive(alone.get(member) ?? 0));
	const selections = [positive, ...candidates, ...known.map((member) => [member])].map((members) => {
		return { members: [...new Set(members)], score: 0 };
	});
	for (const selection of selections) selection.score = scoreOf(selection.members);
	const score = Math.max(0, ...selections.map((selection) => selection.score));
	if (!isPositive(score)) throw new Skip("No choice is right.");
	const best = selections.filter((selection) => equal(selection.score, score)).map(({ members }) => members);
	const members = best.reduce((least, one) => (one.length < least.length ? one : least));
	if (best.some((one) => members.some((member) => !one.includes(member)))) throw new Skip(ANY_IS_RIGHT);
	const without = members.map((member) => scoreOf(members.filter((other) => other !== member)));
	if (members.length > 1 && without.some((part) => part > score - ERROR)) throw new Skip(PART_IS_ENOUGH);
	const others = known.filter((member) => !members.includes(member));
	const more = others.map((other) => scoreOf([...members, other]));
	if (more.some((sum) => sum > score + ERROR)) throw new Skip("What is right is not told by its key or its table.");
	const share = score / members.length;
	const wrong = others.map((other) => alone.get(other) ?? 0);
	const own = members.map((member) => alone.get(member) ?? 0);
	return {
		members,
		score,
		parts: members.length > 1 && [...own, ...without].some(isPositive),
		even:
			own.every((part) => equal(part, share)) &&
			[...without, ...more].every((part) => equal(Math.max(part, 0), score - share)) &&
			!wrong.some(isPositive),
		costs: [...own, ...wrong, ...without, ...more].some((worth) => worth < -ERROR),
		tolerant: more.some(isPositive) || wrong.some(isPositive),
	};
}
