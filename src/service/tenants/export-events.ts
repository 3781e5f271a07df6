import { genesisHash, hex } from "../../domain/log/chain.ts";
import { AUDIT_EXPORT_READ_ROWS, AUDIT_EXPORT_ROWS_MAX } from "../../domain/people/limits.ts";
import { accepted, type Outcome } from "../../domain/result.ts";
import type { FeedRow } from "../../shard/engine/log.ts";
import type { EventFilter } from "../../shard/tenants/store.ts";
import type { Ctx } from "../context.ts";
import { shardOf } from "../shard-of.ts";
import { deliver } from "./deliver.ts";
import { auditCall, auditGate, type EventsInput } from "./list-events.ts";

/** An export under way: its lines, and the row after which the next one goes on; null where it reaches the end of the log. */
export interface Export {
	lines: AsyncIterable<string>;
	next: number | null;
}

/**
 * The rows of a tenant's log in their order, one a line, with the hash of each and of the row before it: whoever has them can see that nothing was
 * changed, and, where all are asked for, that nothing is missing. Gates: those of the list.
 */
export async function exportEvents(
	ctx: Ctx,
	{ tenant: named, after, ...filter }: EventsInput & { after: number | null },
): Promise<Outcome<Export>> {
	const may = await auditGate(ctx, named);
	if (!may.ok) return may;
	const tenant = may.value;
	await deliver(ctx.env, tenant, ctx.now);
	const start = after ?? 0;
	const head = await headOf(ctx, tenant);
	const end = Math.min(head, start + AUDIT_EXPORT_ROWS_MAX);
	return accepted({ lines: linesOf(ctx, tenant, filter, start, end), next: end < head ? end : null });
}

const calls = ({ env }: Ctx, tenant: string) => shardOf(env, tenant, true);

async function headOf(ctx: Ctx, tenant: string): Promise<number> {
	return (await calls(ctx, tenant).log.position(auditCall(ctx, tenant), 0))?.head_seq ?? 0;
}

async function* linesOf(
	ctx: Ctx,
	tenant: string,
	filter: EventFilter,
	start: number,
	end: number,
): AsyncGenerator<string> {
	let previous_hash = "";
	for (let after = start; after < end; ) {
		const limit = Math.min(AUDIT_EXPORT_READ_ROWS, end - after);
		const page = await calls(ctx, tenant).audit.rows(auditCall(ctx, tenant), after, limit);
		if (!page || page.rows.length === 0) throw new Error(`the log of ${tenant} has no row ${after + 1}`);
		previous_hash = page.before_hash || hex(genesisHash(tenant));
		let text = "";
		for (const row of page.rows) {
			if (isAskedFor(row, filter)) text += `${lineOf(row, previous_hash)}\n`;
			previous_hash = row.hash;
			after = row.seq;
		}
		if (text !== "") yield text;
	}
}

const isAskedFor = ({ actor, subject, kind, at }: FeedRow, filter: EventFilter): boolean =>
	(filter.actor === undefined || filter.actor === actor) &&
	(filter.subject === undefined || filter.subject === subject) &&
	(filter.kind === undefined || filter.kind === kind) &&
	(filter.from === undefined || filter.from <= at) &&
	(filter.to === undefined || at <= filter.to);

/** The row as it was hashed: its body is JSON that gives the very text again. */
const lineOf = ({ seq, at, actor, kind, subject, body, hash }: FeedRow, previous_hash: string): string =>
	JSON.stringify({ seq, at, actor, kind, subject, body: JSON.parse(body), previous_hash, hash });
