import { importJWK, type JWK } from "jose";
import { type Change, changesAfter, changesSince, type NewestChange, newestChange } from "../../accounts/changes.ts";
import { acceptedKeys, type SigningKey } from "../../accounts/signing-keys.ts";
import { isYounger } from "../../domain/freshness.ts";
import {
	CATCH_UP_TURNS_MAX,
	CHANGES_AGE_MS,
	CHANGES_AGE_MS_MAX,
	CHANGES_LOOKBACK_MS,
	CHANGES_READ_MAX,
	KEY_LOOKUP_PAUSE_MS,
	SIGNING_KEYS_MAX,
} from "../../domain/people/limits.ts";
import { logLine, reason } from "../../log-line.ts";

/**
 * What an isolate knows of ACCOUNTS without asking: the keys that tokens are signed with, and which credentials were revoked. It is read
 * anew, in one transaction of two queries, when it is {@link CHANGES_AGE_MS} old, behind the answer; a request that finds it older than
 * {@link CHANGES_AGE_MS_MAX} waits for that. So a revocation reaches every isolate within a minute, and requests read nothing.
 *
 * Where ACCOUNTS does not answer, what is known holds: tokens of this installation live for a quarter of an hour, and an outage of one
 * database is no reason to refuse everybody. It is logged each time.
 */

type VerifyingKey = Awaited<ReturnType<typeof importJWK>>;

export interface PublishedKey extends SigningKey {
	jwk: JWK;
	verifying: VerifyingKey;
}

/** What is told of each subject that changed: an isolate forgets what it remembers of it. */
type Listener = (subject: string | null) => void;

const listeners: Listener[] = [];

/** @param forget is called with the subject that changed, or with null where everything is to be forgotten */
export function onChange(forget: Listener): void {
	listeners.push(forget);
}

export class AccountsView {
	readonly #db: D1Database;
	#keys = new Map<string, PublishedKey>();
	/** Subjects, and before when what was issued to them is no longer good. */
	#revoked = new Map<string, number>();
	/** What was issued before is good for nothing: more was revoked since than is read at once. */
	#floor = 0;
	#seen = 0;
	#read_at = Number.NEGATIVE_INFINITY;
	/** When a request last began to read behind its answer; others then need not. */
	#began_at = Number.NEGATIVE_INFINITY;

	#looked_up_at = Number.NEGATIVE_INFINITY;

	constructor(db: D1Database) {
		this.#db = db;
	}

	/** Of the accepted ones, by the name that tokens give. */
	key(kid: string): PublishedKey | null {
		return this.#keys.get(kid) ?? null;
	}

	/** Those that tokens are accepted of, newest first. */
	keys(): PublishedKey[] {
		return [...this.#keys.values()];
	}

	/** Whether a credential that was issued at `issued_at` to, or by way of, one of these was revoked since. */
	isRevoked(subjects: readonly (string | null)[], issued_at: number): boolean {
		if (issued_at <= this.#floor) return true;
		return subjects.some((subject) => subject !== null && issued_at <= (this.#revoked.get(subject) ?? -1));
	}

	/**
	 * Sees to it that what is known is not too old.
	 * @param later lets work go on after the answer
	 * @throws where nothing is known yet, and ACCOUNTS does not answer
	 */
	async refresh(now: number, later: (work: Promise<unknown>) => void): Promise<void> {
		if (isYounger(this.#read_at, CHANGES_AGE_MS, now)) return;
		if (!isYounger(this.#read_at, CHANGES_AGE_MS_MAX, now)) return this.#readOrKeep(now);
		// A promise of another request cannot be waited for, so each that is due begins one of its own, after a pause.
		if (isYounger(this.#began_at, CHANGES_AGE_MS / 4, now)) return;
		this.#began_at = now;
		later(this.#readOrKeep(now));
	}

	/** Reads at once what has just been written. */
	readNow(now: number): Promise<void> {
		return this.#readOrKeep(now);
	}

	/** A key that was not known when a token named it: at most once a minute that is a reason to look. */
	async lookedUp(kid: string, now: number): Promise<PublishedKey | null> {
		if (isYounger(this.#looked_up_at, KEY_LOOKUP_PAUSE_MS, now)) return null;
		this.#looked_up_at = now;
		await this.#readOrKeep(now);
		return this.key(kid);
	}

	async #readOrKeep(now: number): Promise<void> {
		try {
			for (let turn = 1; turn <= CATCH_UP_TURNS_MAX; turn++) {
				await this.#read(now);
				if (this.#read_at === now) return;
			}
			await this.#read(now, true);
		} catch (error) {
			if (this.#read_at === Number.NEGATIVE_INFINITY) throw error;
			logLine("error", { at: "accounts", error: reason(error) });
		}
	}

	/** @param isFresh without going through what was missed: nobody need who has not looked for longer than tokens live */
	async #read(now: number, isFresh = !isYounger(this.#read_at, CHANGES_LOOKBACK_MS, now)): Promise<void> {
		const since = now - CHANGES_LOOKBACK_MS;
		const changes = isFresh
			? changesSince(this.#db, since, CHANGES_READ_MAX)
			: changesAfter(this.#db, this.#seen, CHANGES_READ_MAX);
		const statements = [acceptedKeys(this.#db, now, SIGNING_KEYS_MAX), changes];
		if (isFresh) statements.push(newestChange(this.#db));
		const [keys, changed, newest] = await this.#db.batch(statements);
		const rows = (keys?.results ?? []) as SigningKey[];
		const known = this.#keys;
		const kept = (row: SigningKey) => {
			const had = known.get(row.kid);
			return had?.sealed === row.sealed && had.accepted_until === row.accepted_until ? had : published(row);
		};
		this.#keys = new Map(await Promise.all(rows.map(async (row) => [row.kid, await kept(row)] as const)));
		this.#take((changed?.results ?? []) as Change[], isFresh, now);
		if (isFresh) this.#seen = Math.max(this.#seen, (newest?.results as NewestChange[] | undefined)?.[0]?.number ?? 0);
		for (const [subject, at] of this.#revoked) if (at < since) this.#revoked.delete(subject);
	}

	#take(changes: readonly Change[], isFresh: boolean, now: number): void {
		const isCut = changes.length === CHANGES_READ_MAX;
		if (isFresh) for (const forget of listeners) forget(null);
		// The newest come first, so what is older than the last of them is not known.
		if (isFresh && isCut) this.#floor = Math.max(this.#floor, changes.at(-1)?.at ?? 0);
		for (const { number, subject, revokes, at } of changes) {
			this.#seen = Math.max(this.#seen, number);
			if (revokes === 1) this.#revoked.set(subject, Math.max(at, this.#revoked.get(subject) ?? 0));
			for (const forget of listeners) forget(subject);
		}
		// Where more wait, it is read again at once; after so many times, as whoever begins does.
		if (isFresh || !isCut) this.#read_at = now;
	}
}

async function published(row: SigningKey): Promise<PublishedKey> {
	const jwk: JWK = JSON.parse(row.public_jwk);
	return { ...row, jwk, verifying: await importJWK(jwk, jwk.alg) };
}

/**
 * For a request that is not verified by what the view knows, but remembers things that changes make untrue. An outage of ACCOUNTS stops none.
 * @param later lets work go on after the answer
 */
export async function hearOfChanges(
	env: Pick<Env, "ACCOUNTS">,
	now: number,
	later: (work: Promise<unknown>) => void,
): Promise<void> {
	try {
		await accountsViewOf(env).refresh(now, later);
	} catch (error) {
		logLine("error", { at: "accounts", error: reason(error) });
	}
}

const views = new WeakMap<object, AccountsView>();

export function accountsViewOf(env: Pick<Env, "ACCOUNTS">): AccountsView {
	let view = views.get(env);
	if (!view) {
		view = new AccountsView(env.ACCOUNTS);
		views.set(env, view);
	}
	return view;
}
