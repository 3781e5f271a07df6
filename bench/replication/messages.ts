import { MESSAGE_VERSION, type Message } from "../../src/domain/log/events.ts";
import type { Connections } from "../lib/http.ts";
import { runAll } from "../lib/load.ts";

interface Feed {
	items: {
		seq: number;
		at: number;
		actor: string;
		kind: string;
		subject: string;
		body: { user?: string };
		hash: string;
	}[];
	head_seq: number;
	next_after: number;
}

const PAGE = 100;
const READERS = 8;

/**
 * The messages that shards send when nothing is under way, made again from their logs: one row each, the first with the
 * row that opens the shard. Round by round: the first message of every shard, then the second …
 */
export async function messagesOf(
	connections: Connections,
	users: readonly Record<string, string>[],
): Promise<Message[]> {
	const byShard: Message[][] = [];
	await runAll(READERS, users.length, async (index) => {
		byShard[index] = await messagesOfOne(connections, users[index] ?? {});
	});
	const rounds = Math.max(...byShard.map((messages) => messages.length));
	return Array.from({ length: rounds }, (_, round) => byShard.flatMap((messages) => messages[round] ?? [])).flat();
}

async function messagesOfOne(connections: Connections, headers: Record<string, string>): Promise<Message[]> {
	const rows: Feed["items"] = [];
	for (let after = 0, head = 1; after < head; ) {
		const path = `/v1/users/me/log?limit=${PAGE}&after=${after}`;
		const feed: Feed = JSON.parse(await connections.expect(200, { method: "GET", path, headers }));
		rows.push(...feed.items);
		after = feed.next_after;
		head = feed.head_seq;
	}
	const shard = rows[0]?.body.user ?? "";
	return rows.flatMap(({ hash, ...row }, index) => {
		if (index === 0) return [];
		const before = index === 1 ? rows.slice(0, 1).map(({ hash: _, ...opened }) => opened) : [];
		const first = row.seq - before.length;
		return [{ v: MESSAGE_VERSION, shard, first, last: row.seq, hash, rows: [...before, row] }];
	});
}
