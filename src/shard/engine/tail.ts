import { MESSAGE_BYTES_MAX, MESSAGE_EVENTS_MAX } from "../../domain/log/limits.ts";
import { type HashedRow, wireBytes } from "./message.ts";

/**
 * The last rows of a log as they were written, so that they need not be read again to be sent: without a gap, and no more
 * than fit into a message. Only a cache of the table.
 */
export class Tail {
	#rows: HashedRow[] = [];
	#bytes = 0;

	clear(): void {
		this.#rows = [];
		this.#bytes = 0;
	}

	push(row: HashedRow): void {
		const bytes = wireBytes(row);
		if (this.#rows.length === MESSAGE_EVENTS_MAX || this.#bytes + bytes > MESSAGE_BYTES_MAX) this.clear();
		this.#rows.push(row);
		this.#bytes += bytes;
	}

	/** The rows after row `seq`; null where not all of them are here. */
	after(seq: number): readonly HashedRow[] | null {
		const first = this.#rows[0];
		return first && first.seq <= seq + 1 ? this.#rows.slice(seq + 1 - first.seq) : null;
	}
}
