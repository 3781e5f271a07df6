import { type Call, type History, isDone } from "../history.ts";
import { explain } from "./explained.ts";
import type { UserLog } from "./logs.ts";
import type { Violations } from "./violation.ts";

/** Changes without a key, PUT and DELETE: what was answered is in the log, and no row is there more often than it was sent. */
export function checkChanges(history: History, logs: ReadonlyMap<string, UserLog>, violations: Violations): void {
	const sent = new Map<string, number>();
	for (const { request, answer } of history.unkeyed) {
		const { operation, user, method, path, body } = request;
		const effect = effectOf(request, path.split("/")[2] ?? "", body?.title);
		sent.set(effect, (sent.get(effect) ?? 0) + 1);
		const log = logs.get(user);
		// Withdrawing what was never published changes nothing.
		if (!log || !isDone(answer) || (operation === "withdraw" && answer.body.status === "draft")) continue;
		const explained = explain({ request }, answer, log);
		if ("row" in explained) continue;
		violations.add("answer is not in the log", explained.unexplained, { user, call: `${method} ${path}` });
	}
	for (const { user, rows } of logs.values()) {
		for (const { seq, kind, subject, body } of rows) {
			if (!/^quiz\.(revised|published|withdrawn)$/.test(kind)) continue;
			const effect = `${kind} ${subject} ${kind === "quiz.revised" ? body.title : ""}`;
			const left = (sent.get(effect) ?? 0) - 1;
			sent.set(effect, left);
			violations.require(left >= 0, "a row of no call", () => `row ${seq}: ${effect}`, { user });
		}
	}
}

function effectOf({ operation }: Call["request"], quiz: string, title: unknown): string {
	const kind = { publish: "published", withdraw: "withdrawn" }[operation as "publish" | "withdraw"] ?? "revised";
	return `quiz.${kind} ${quiz} ${kind === "revised" ? title : ""}`;
}

/** Operations that can succeed without a new row. */
const MAY_CHANGE_NOTHING: ReadonlySet<string> = new Set(["publish", "withdraw"]);

/** Real time: what was answered before a call began is behind that call in the log. */
export function checkOrder(history: History, violations: Violations): void {
	const byUser = Map.groupBy(history.calls, ({ request }) => request.user);
	for (const [user, calls] of byUser) {
		const ended = calls.filter(({ answer }) => answer?.seq).sort((a, b) => a.ended - b.ended);
		const begun = ended.filter(({ answer }) => !answer?.replayed).sort((a, b) => a.started - b.started);
		let [passed, floor] = [0, 0];
		for (const { request, started, answer } of begun) {
			for (let call = ended[passed]; call && call.ended < started; call = ended[++passed]) {
				floor = Math.max(floor, call.answer?.seq ?? 0);
			}
			const seq = answer?.seq ?? 0;
			const isBehind = isDone(answer) && !MAY_CHANGE_NOTHING.has(request.operation) ? seq > floor : seq >= floor;
			const detail = () => `Sync-Seq ${seq}, but ${floor} was answered before it began`;
			violations.require(isBehind, "real time", detail, { user, call: request.key ?? request.path });
		}
	}
}
