import { type Call, type History, isUnderFaults, type Operation } from "../history.ts";
import type { Violations } from "./violation.ts";

/** What cannot be done while the catalog's database fails, since the current version of a quiz is there. */
const NEEDS_CATALOG: ReadonlySet<Operation> = new Set(["attempt"]);

/** An answer of 5xx is a fault of the product, unless it is 503, the database was made to fail and the operation needs it. */
export function checkErrors(history: History, violations: Violations): void {
	for (const call of history.calls) {
		if (call.server_error === undefined || isExcused(call)) continue;
		const { user, key, method, path } = call.request;
		violations.add("server error", `answered ${call.server_error}`, { user, call: key ?? `${method} ${path}` });
	}
}

const isExcused = (call: Call) =>
	call.server_error === 503 && isUnderFaults(call) && NEEDS_CATALOG.has(call.request.operation);
