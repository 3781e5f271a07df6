import { isDeepStrictEqual } from "node:util";
import { type History, isDone } from "../history.ts";
import type { Owned } from "./recount.ts";
import type { Violations } from "./violation.ts";

/** What was acknowledged is in the lists of its owner, with the values that were answered. */
export function checkPresence(history: History, owned: readonly Owned[], violations: Violations): void {
	const attempts = new Map(owned.flatMap((owner) => owner.attempts.map((attempt) => [attempt.id, attempt])));
	const holds = new Map(owned.flatMap((owner) => owner.holds.map((hold) => [hold.id, hold])));
	const quizzes = new Set(owned.flatMap((owner) => owner.quizzes.map(({ id }) => id)));
	for (const { request, answer } of history.calls) {
		if (!isDone(answer)) continue;
		const { operation, user, key } = request;
		const { id } = answer.body;
		if (typeof id !== "string") continue;
		const where = { user, call: key ?? request.path };
		const there = (holds: boolean, what: string) =>
			violations.require(holds, "acknowledged and gone", () => `${what} ${id} is not as it was answered`, where);
		switch (operation) {
			case "attempt":
				there(isDeepStrictEqual(attempts.get(id), answer.body), "attempt");
				break;
			case "create":
				there(quizzes.has(id), "quiz");
				break;
			case "reserve":
				there(holds.has(id), "hold");
				break;
			case "settle":
				there(holds.get(id)?.status === "settled" && holds.get(id)?.settled === answer.body.settled, "settled hold");
				break;
			case "release":
				there(holds.get(id)?.status === "released", "released hold");
				break;
		}
	}
}
