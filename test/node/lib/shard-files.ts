import { createHash, createHmac } from "node:crypto";
import { copyFileSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { persistRoot } from "../../../dev/databases.ts";

/** Where the local runtime keeps shards. Its names for objects follow from the class and the user, as those of the platform do. */

const OBJECT_KEY = "marksheet-UserShard";

/** The name of a user's SQLite file: the object's id, which is the same on every machine. */
export function shardFileName(user: string): string {
	const key = createHash("sha256").update(OBJECT_KEY).digest();
	const mac = (value: string | Buffer) => createHmac("sha256", key).update(value).digest().subarray(0, 16);
	const name = mac(user);
	return `${Buffer.concat([name, mac(name)]).toString("hex")}.sqlite`;
}

export const shardFolder = (folder: string) => join(persistRoot(folder), "do", OBJECT_KEY);

export const shardFile = (folder: string, user: string) => join(shardFolder(folder), shardFileName(user));

/** Copies a database with what is in its write-ahead log, and without the index of that, which SQLite makes anew. */
export function copyDatabase(from: string, to: string): void {
	copyFileSync(from, to);
	if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}

/** Replaces a user's shard by a database file and the first `bytes` of its write-ahead log, as if the rest were never written. */
export function putPrefix(file: string, wal: Uint8Array, bytes: number, target: string): void {
	copyFileSync(file, target);
	writeFileSync(`${target}-wal`, wal.subarray(0, bytes));
	rmSync(`${target}-shm`, { force: true });
}

/** What the catalog of a state folder that no server uses has of each shard's log: its cursors. */
export function storedCursors(folder: string): Map<string, number> {
	const databases = join(persistRoot(folder), "d1", "miniflare-D1DatabaseObject");
	for (const name of readdirSync(databases).filter((each) => each.endsWith(".sqlite"))) {
		const database = new DatabaseSync(join(databases, name));
		try {
			const isCatalog = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'shards'").get();
			const rows = isCatalog ? database.prepare("SELECT user_id, applied_seq FROM shards").all() : [];
			if (isCatalog) return new Map(rows.map((row) => [String(row.user_id), Number(row.applied_seq)]));
		} finally {
			database.close();
		}
	}
	throw new Error(`there is no catalog in ${folder}`);
}
