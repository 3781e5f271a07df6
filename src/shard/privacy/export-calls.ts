import { RpcTarget } from "cloudflare:workers";
import { EXPORT_PAGE_CHARS, EXPORT_PAGE_ROWS } from "../../domain/privacy/limits.ts";
import type { Call, Runner } from "../engine/runner.ts";
import { pageAfter, type TablePage } from "../engine/table.ts";
import { ALL_TABLES } from "../parts.ts";

/** What an export reads of a shard, page by page, so that neither side ever holds more than one. */
export class ExportCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	/** Rows of a table as they are stored, as far as an export has them; null for whoever has none. */
	rows(call: Call, name: string, after: (number | string)[] | null): TablePage | null {
		const table = ALL_TABLES[name];
		if (!table || table.withheld !== undefined) throw new Error(`an export has no table ${name}`);
		const page = { rows_max: EXPORT_PAGE_ROWS, chars_max: EXPORT_PAGE_CHARS };
		return this.#run.read(call, () => pageAfter(this.#run.sql, name, table, after, page));
	}
}
