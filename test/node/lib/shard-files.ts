import { createHash, createHmac } from "node:crypto";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { persistRoot } from "../../../scripts/lib/databases.ts";

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
