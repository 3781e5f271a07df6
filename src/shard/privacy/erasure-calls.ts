import { RpcTarget } from "cloudflare:workers";
import type { Message } from "../../domain/log/events.ts";
import { ERASED_ROWS_MAX } from "../../domain/privacy/limits.ts";
import type { Tombstone } from "../engine/erasure.ts";
import type { Runner } from "../engine/runner.ts";
import { ALL_TABLES } from "../parts.ts";

/** How a shard is erased: it is closed, what its log says is read for the last time, and all of it is removed. */
export class ErasureCalls extends RpcTarget {
	readonly #run: Runner;

	constructor(run: Runner) {
		super();
		this.#run = run;
	}

	/**
	 * Closes the shard for everybody, and for ever, also one that nobody has opened yet. Again, it changes nothing.
	 * @returns false where it is another tenant's
	 */
	begin({ user, tenant, now }: { user: string; tenant: string; now: number }): boolean {
		const owner = this.#run.stores.log.owner();
		if (owner && (owner.user_id !== user || owner.tenant_id !== tenant)) return false;
		this.#run.erase((erasure) => erasure.begin(now));
		return true;
	}

	/** The rows of the log after row `after`, as many as fit into a message, so that what they did elsewhere can be undone; null at the end. */
	rows(after: number): Message | null {
		const { stores, erasure } = this.#run;
		if (!erasure.isClosed) throw new Error("a log is read for an erasure that has not begun");
		return erasure.isOver ? null : stores.log.message(after);
	}

	/** The chain's hash at a row of it, in hex. */
	hashAt(seq: number): string {
		return this.#run.stores.log.hashAt(seq);
	}

	/**
	 * Removes a bounded part of all that is stored; at the end all of it but a row of the log that says so.
	 * @returns whether that is the end
	 */
	empty(tombstone: Tombstone): boolean {
		const { erasure } = this.#run;
		if (!erasure.isClosed) throw new Error("a shard is emptied that is not closed");
		if (erasure.isOver) return true;
		return this.#run.erase(() => {
			const isEmpty = erasure.empty(ALL_TABLES, ERASED_ROWS_MAX);
			if (isEmpty) erasure.bury(tombstone);
			return isEmpty;
		});
	}

	/**
	 * Makes the database anew with nothing but the same row, since SQLite leaves what was removed in pages that it may use again some day.
	 * Again, it changes nothing.
	 */
	async renew(tombstone: Tombstone): Promise<void> {
		await this.#run.renew((erasure) => {
			// Migrations leave a secret, which is of no use to anybody.
			erasure.empty(ALL_TABLES, ERASED_ROWS_MAX);
			erasure.bury(tombstone);
		});
	}
}
