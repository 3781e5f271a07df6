import * as operations from "../dev/catalog-operations.ts";
import { Client } from "../dev/client.ts";
import { Misuse, parseCommandLine } from "../dev/command-line.ts";
import type { Replication, RotatedKey } from "../dev/contract.ts";
import { Failure, run } from "../dev/failure.ts";
import { endOfOperatorKey, newOperatorKey } from "../dev/operator-key.ts";
import { serverUrl, stateDir, wholeNumber } from "../dev/settings.ts";
import { readSigner, signToken } from "../dev/signer.ts";
import { table } from "../dev/table.ts";
import { ID_PATTERNS } from "../src/domain/ids.ts";

/** The operator's commands on a running server; docs/replication.md says when to use which. */

const COMMAND = {
	usage: "npm run ops -- COMMAND [OPTIONS]",
	about: `The operator's commands on a running server.

  status                           how replication stands
  sweep                            look at once for shards that are behind, and wake them
  dead-letters [--user usr_…]      log rows that the catalog could not take
  redrive [--user usr_… [--seq N]] apply them again: all, of one user, or one
  acknowledge [--until TIME]       what was given up until then has been seen: no alarm any more
  rebuild [--shard usr_…]          build the catalog, or one user's part of it, anew from the logs; shows digests before and after
  digest                           a digest of each table of the catalog
  rotate-master-key                wrap the keys of all users with the first of MASTER_KEYS; the older ones can go then
  rotate-signing-key               sign tokens with a new key in ten minutes; those of before stay good until they expire
  operator-key --env ENV [--name NAME] [--days N]
                                   a key with scope admin for a deployment, written into ACCOUNTS by wrangler; it is shown once
  operator-key --env ENV --revoke key_…
                                   end such a key

Locally it signs its own token; for another server set MARKSHEET_URL and MARKSHEET_TOKEN (scope admin).`,
	options: {
		user: { type: "string", value: "usr_…", about: "of whose log the rows are" },
		seq: { type: "string", value: "N", about: "the row of that user's log" },
		until: { type: "string", value: "TIME", about: "like 2026-11-26T17:00:00Z; now, unless told" },
		shard: { type: "string", value: "usr_…", about: "whose part is built anew" },
		env: { type: "string", value: "staging|production", about: "the deployment that the key is for" },
		name: { type: "string", value: "NAME", about: "what the key is called, like the name of its holder" },
		days: { type: "string", value: "N", about: "after which the key expires; 90, unless told" },
		revoke: { type: "string", value: "key_…", about: "the key to end" },
	},
	allowPositionals: true,
} as const;

interface Options {
	user?: string | undefined;
	seq?: string | undefined;
	shard?: string | undefined;
	until?: string | undefined;
	env?: string | undefined;
	name?: string | undefined;
	days?: string | undefined;
	revoke?: string | undefined;
}

const COMMANDS: Record<string, (client: Client, options: Options) => Promise<void>> = {
	async status(client) {
		console.log(JSON.stringify(await client.get<Replication>("/v1/admin/replication"), null, 2));
	},
	async sweep(client) {
		const { looked, behind } = await operations.sweep(client);
		console.log(`${looked} shards looked at, ${behind} behind`);
	},
	async "dead-letters"(client, { user }) {
		let count = 0;
		for await (const { user: owner, seq, error, acknowledged_at } of operations.deadLetters(client, user)) {
			console.log(`${acknowledged_at === null ? "new  " : "seen "} ${owner} ${seq}: ${error}`);
			count++;
		}
		console.log(`${count} dead letters`);
	},
	async redrive(client, { user, seq }) {
		const number = seq === undefined ? undefined : wholeNumber("seq", seq, 1, Number.MAX_SAFE_INTEGER);
		const items = await operations.redrive(client, { user, seq: number });
		const refused = items.filter(({ status }) => status === "refused");
		for (const each of refused) console.log(`${each.user} ${each.seq}: still refused: ${each.error}`);
		console.log(`${items.length - refused.length} applied, ${refused.length} still refused`);
		if (refused.length > 0) process.exitCode = 1;
	},
	async acknowledge(client, { until }) {
		const time = until === undefined ? Date.now() : Date.parse(until);
		if (!(time >= 0)) throw new Failure(`--until is no time: ${until}. Write it as 2026-11-26T17:00:00Z.`);
		const { letters, messages } = await operations.acknowledge(client, time);
		console.log(`${letters} dead letters and ${messages} dead messages acknowledged`);
	},
	async "rotate-signing-key"(client) {
		const { kid, signs_from, others_accepted_until } = await client.post<RotatedKey>(
			"/v1/admin/signing-keys/rotation",
			{},
		);
		const [from, until] = [signs_from, others_accepted_until].map((time) => new Date(time).toISOString());
		console.log(`${kid} signs from ${from} on; tokens of other keys are good until ${until}`);
	},
	async digest(client) {
		console.log(digestTable(await operations.digestOf(client)));
	},
	async "rotate-master-key"(client) {
		const { keys, rewrapped } = await operations.rotateMasterKey(client);
		console.log(`${keys} keys of users, ${rewrapped} of them wrapped anew or copied`);
	},
	async rebuild(client, { shard }) {
		const before = await operations.digestOf(client);
		const { shards, events } = await operations.rebuild(client, shard, ({ phase, shards, events }) =>
			console.log(`${phase}: ${shards} shards, ${events} events`),
		);
		const after = await operations.digestOf(client);
		console.log(digestTable(after));
		const changed = after.filter(({ digest }, index) => digest !== before[index]?.digest).map((each) => each.table);
		const verdict = changed.length === 0 ? "every digest is as before" : `these digests changed: ${changed.join(", ")}`;
		console.log(`rebuilt from ${shards} shards, ${events} events; ${verdict}`);
	},
};

const OPERATOR_KEY = "operator-key";
const OPERATOR_KEY_DAYS = { usual: "90", max: 365 };

/** The one command that needs no server, but whoever may write into ACCOUNTS. */
async function operatorKey({ env, name = "operator", days = OPERATOR_KEY_DAYS.usual, revoke }: Options): Promise<void> {
	const { executeRemote, requireEnvironment } = await import("../dev/deployment.ts");
	const deployment = requireEnvironment(env);
	if (revoke !== undefined) {
		if (!ID_PATTERNS.key.test(revoke)) throw new Failure(`"${revoke}" is not the id of a key.`);
		await executeRemote("ACCOUNTS", deployment, endOfOperatorKey(revoke, Date.now()));
		console.log(`${revoke} is refused everywhere within a minute.`);
		return;
	}
	const life = wholeNumber("days", days, 1, OPERATOR_KEY_DAYS.max);
	const key = newOperatorKey({ name, days: life }, Date.now());
	await executeRemote("ACCOUNTS", deployment, key.statements);
	console.log(
		`${key.id}, good until ${new Date(key.expires_at).toISOString()}. Keep it now, it is not stored:\n\n${key.secret}`,
	);
}

const digestTable = (digests: { table: string; rows: number; digest: string }[]) =>
	table(
		["table", "rows", "digest"],
		digests.map(({ table: name, rows, digest }) => [name, String(rows), digest.slice(0, 16)]),
	);

await run(async () => {
	const { values, positionals } = parseCommandLine(COMMAND);
	const [name = ""] = positionals;
	if (name === OPERATOR_KEY && positionals.length === 1) return operatorKey(values);
	const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
	if (!command || positionals.length > 1) throw new Misuse("Say which command, and no more than one.", COMMAND);
	await command(new Client(serverUrl(), await operatorToken()), values);
});

async function operatorToken(): Promise<string> {
	const given = process.env.MARKSHEET_TOKEN;
	return given || signToken(readSigner(stateDir()), { subject: "svc_ops", scopes: ["admin"] });
}
