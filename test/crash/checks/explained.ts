import { seqOfId } from "../../../src/domain/ids.ts";
import type { Answer, Call, Request } from "../history.ts";
import type { LogRow, UserLog } from "./logs.ts";

/** The row of the log that an answered success brought about; or what of the answer the log does not say. */
export type Explanation = { row: LogRow } | { unexplained: string };

/** Looks for what an answer says in the log of its user, up to the row that it names. */
export function explain({ request }: Pick<Call, "request">, answer: Answer, log: UserLog): Explanation {
	const row = rowOf(request, answer, log);
	if (!row) return { unexplained: "no row of the log says it" };
	if (answer.seq === null || row.seq > answer.seq || answer.seq > log.rows.length) {
		return { unexplained: `Sync-Seq is ${answer.seq}, the row ${row.seq}, the head ${log.rows.length}` };
	}
	const differences = comparisons(request, answer, row, log).filter(([, said, stands]) => said !== stands);
	if (differences.length === 0) return { row };
	const text = differences.map(([name, said, stands]) => `${name} was answered ${said}, row ${row.seq} says ${stands}`);
	return { unexplained: text.join("; ") };
}

function rowOf(request: Request, answer: Answer, { rows }: UserLog): LogRow | undefined {
	const { id } = answer.body;
	if (typeof id !== "string") return undefined;
	const upTo = rows.slice(0, answer.seq ?? 0);
	const last = (...kinds: string[]) => upTo.findLast(({ kind, subject }) => subject === id && kinds.includes(kind));
	const first = (kind: string) => {
		const row = rows[seqOfId(id) - 1];
		return row?.kind === kind && row.subject === id ? row : undefined;
	};
	switch (request.operation) {
		case "attempt":
			return first("attempt.submitted");
		case "reserve":
			return first("credits.held");
		case "grant":
			return first("credits.granted");
		case "create":
			return upTo.find(({ kind, subject }) => kind === "quiz.created" && subject === id);
		case "settle":
			return last("credits.settled");
		case "release":
			return last("credits.released");
		case "extend": {
			const row = rows[(answer.seq ?? 0) - 1];
			return row?.kind === "credits.extended" && row.subject === id ? row : undefined;
		}
		case "revise":
			return upTo.findLast(({ subject, body }) => subject === id && body.revision === answer.body.revision);
		case "publish":
		case "withdraw":
			return last("quiz.published", "quiz.withdrawn");
	}
}

type Comparison = [name: string, said: unknown, stands: unknown];

function comparisons(request: Request, { body }: Answer, row: LogRow, log: UserLog): Comparison[] {
	const stands = row.body;
	const same = (...names: string[]): Comparison[] => names.map((name) => [name, body[name], stands[name]]);
	const detail = (stands.detail ?? {}) as Record<string, unknown>;
	const available: Comparison = ["available", body.available, log.available[row.seq]];
	switch (request.operation) {
		case "attempt": {
			const percentage: Comparison = ["percentage", body.percentage, Number(stands.percentage_bp) / 100];
			return [...same("quiz", "version", "number", "score", "max_score", "passed"), percentage];
		}
		case "reserve":
			return [["amount", body.amount, (stands.opensHold as { amount: number }).amount], available];
		case "extend":
			return [["amount", body.amount, (stands.opensHold as { amount: number }).amount], available];
		case "settle":
			return [["settled", body.settled, detail.charged], ["shortfall", body.shortfall, detail.shortfall], available];
		case "release":
			return [["reason", body.reason, detail.reason], available];
		case "grant":
			return [["amount", body.amount, (stands.opensLot as { amount: number }).amount]];
		case "create":
		case "revise":
			return same("revision", "title");
		case "publish":
			return [
				...([
					["status", body.status, "published"],
					["row", row.kind, "quiz.published"],
				] as const),
				["version", body.version_number, stands.version_number],
				["visibility", body.visibility, stands.visibility],
			].map(([name, said, stood]): Comparison => [String(name), said, stood]);
		case "withdraw":
			return [
				["status", body.status, "withdrawn"],
				["row", row.kind, "quiz.withdrawn"],
			];
	}
}
