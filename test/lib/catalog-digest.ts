import { digestPage } from "../../src/catalog/replication/digest.ts";
import { FOLDED_TABLES } from "../../src/catalog/replication/tables.ts";
import { digestKeyOf } from "../../src/env.ts";
import { testEnv } from "./harness.ts";

const MODULUS = 1n << 256n;

/** Number of rows and digest of every table of the fold. */
export async function catalogDigest(): Promise<Record<string, { rows: number; digest: string }>> {
	const digests: Record<string, { rows: number; digest: string }> = {};
	for (const table of FOLDED_TABLES) {
		let sum = 0n;
		let rows = 0;
		let after: readonly (string | number)[] | null = null;
		do {
			const page = await digestPage(testEnv.CATALOG, table, after, digestKeyOf(testEnv));
			sum = (sum + BigInt(`0x${page.digest}`)) % MODULUS;
			rows += page.rows;
			after = page.next;
		} while (after !== null);
		digests[table.name] = { rows, digest: sum.toString(16) };
	}
	return digests;
}
