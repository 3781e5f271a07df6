/**
 * What the platform says when it, and not this code, is at fault: the only table of it. The texts are those of Cloudflare's pages
 * "Troubleshooting" and "Error handling" of Durable Objects, "Debug D1" and "Error codes" of R2.
 */

export interface PlatformFault {
	/** Whether the same call may get through at once. What is overloaded only gets worse by it. */
	again: boolean;
	/** When a client should come back. */
	retry_after_s: number;
}

const OVERLOADED: PlatformFault = { again: false, retry_after_s: 10 };
/** A moment's trouble: a lost connection, a move to another machine, new code. */
const PASSING: PlatformFault = { again: true, retry_after_s: 1 };
/** In a rollout: an object, or a Worker that is bound, still runs the release before, which lacks what is called. */
const OLDER: PlatformFault = { again: false, retry_after_s: 10 };
const FULL: PlatformFault = { again: false, retry_after_s: 60 };

/** The first that fits counts. */
const TABLE: readonly [says: RegExp, fault: PlatformFault][] = [
	[/\bSQLITE_FULL\b/, FULL],
	[/\b(Durable Object|D1 DB) is overloaded\b/, OVERLOADED],
	[
		/\bYour account is (generating too much load on Durable Objects|doing too many concurrent storage operations)\b/,
		OVERLOADED,
	],
	// Queries that take too long or too much; those of others are reset with them.
	[/\bstorage operation exceeded timeout which caused object to be reset\b/, OVERLOADED],
	[/\bexceeded its (memory|CPU time) limit and was reset\b/, OVERLOADED],
	[/\bNetwork connection lost\b/i, PASSING],
	[/\breset because its code was updated\b/, PASSING],
	[/\bInternal error (while starting up|in) (D1 DB|Durable Object) storage caused object to be reset\b/, PASSING],
	[/\bRPC receiver does not implement\b/, OLDER],
	[/\bConnection closed: this Durable Object instance is no longer active\b/, PASSING],
	[/\bCannot resolve D1 DB due to transient issue on remote node\b/, PASSING],
	[/\bCan't read from request stream because client disconnected\b/, PASSING],
	// What it says of itself when it says no more.
	[/^(\w*Error: )?(D1_ERROR: )?internal error\b/i, PASSING],
	// R2: an internal error, and that it is not available; then that there were too many requests.
	[/\((10001|10043)\)$/, PASSING],
	[/\(10058\)$/, OVERLOADED],
];

/** The fault of the platform that an error tells of; null for any other error, which is a fault of ours. */
export function platformFault(error: unknown): PlatformFault | null {
	if (error instanceof Error && "overloaded" in error && error.overloaded === true) return OVERLOADED;
	const text = String(error);
	const known = TABLE.find(([says]) => says.test(text));
	if (known) return known[1];
	return error instanceof Error && "retryable" in error && error.retryable === true ? PASSING : null;
}
