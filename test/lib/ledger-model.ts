/**
 * A model of the ledger that shares no code with it: every single credit is an object that knows its lot and where it is.
 * Amounts are small, so this is affordable, and nothing can be got wrong by arithmetic.
 */
type Place = "available" | "held" | "consumed" | "expired" | "voided";
const PLACES: Place[] = ["available", "held", "consumed", "expired", "voided"];
export type ModelGrant = { kind: string; priority: number; effective_at: number; expires_at: number; amount: number };
export type ModelLot = ModelGrant & { serial: number; scheduled: boolean; voided: boolean };
export type Over = "reject" | "cap" | { overdraft: number };
/** How many credits a command charged, or the code of its refusal. */
export type ModelAnswer = { charged?: number } | string;

interface Credit {
	lot: ModelLot;
	in: Place;
}

export interface ModelHold {
	credits: Credit[];
	used: Credit[];
	opened_at: number;
	expires_at: number;
	status: "held" | "settled" | "released" | "expired";
	over: Over;
	late: "reject" | "charge";
	refunded: number;
}

export class LedgerModel {
	readonly lots: ModelLot[] = [];
	readonly holds: ModelHold[] = [];
	readonly #credits: Credit[] = [];

	/** What the clock does, in the order in which it falls due. */
	advance(now: number): void {
		const open = this.lots
			.filter((lot) => lot.scheduled)
			.map((lot) => [lot.effective_at, () => this.#open(lot)] as const);
		const ends = this.holds
			.filter(isOpen)
			.map((h) => [h.expires_at, () => this.#end(h, "expired", h.expires_at)] as const);
		const full = this.lots.filter((lot) => this.#of(lot, "available").length > 0);
		const lapses = full.map((lot) => [lot.expires_at, () => this.#move(lot, "expired")] as const);
		const [first] = [...open, ...ends, ...lapses].sort(([a], [b]) => a - b);
		if (!first || first[0] > now) return;
		first[1]();
		this.advance(now);
	}

	grant(now: number, lot: ModelGrant): ModelAnswer {
		const effective_at = Math.max(now, lot.effective_at);
		if (lot.expires_at <= effective_at) return "invalid-request";
		const granted = { ...lot, effective_at, serial: this.lots.length, scheduled: true, voided: false };
		this.lots.push(granted);
		if (effective_at === now) this.#open(granted);
		return {};
	}

	reserve(now: number, amount: number, ttl_ms: number, over: Over, late: ModelHold["late"]): ModelAnswer {
		if (this.lots.length === 0) return "not-entitled";
		if (this.holds.filter(isOpen).length >= 32) return "rate-limited";
		const credits = this.#take(amount, "held");
		if (!credits) return "insufficient-credits";
		const times = { opened_at: now, expires_at: now + ttl_ms };
		this.holds.push({ credits, used: [], ...times, status: "held", over, late, refunded: 0 });
		return {};
	}

	settle(now: number, hold: ModelHold, amount: number): ModelAnswer {
		const isLate = hold.status === "expired" && hold.late === "charge";
		if (!isOpen(hold) && !isLate) return ended(hold);
		const held = hold.credits.length;
		const most = typeof hold.over === "object" ? held + hold.over.overdraft : held;
		if (amount > most && hold.over !== "cap") return "capture-exceeds-hold";
		const wanted = Math.min(amount, most);
		if (!isLate) hold.used = hold.credits.slice(0, wanted);
		for (const credit of hold.used) credit.in = "consumed";
		if (!isLate) for (const credit of hold.credits.slice(wanted)) credit.in = returnsTo(credit.lot, now);
		while (hold.used.length < wanted) {
			const [more] = this.#take(1, "consumed") ?? [];
			if (!more) break;
			hold.used.push(more);
		}
		hold.status = "settled";
		return { charged: hold.used.length };
	}

	release(now: number, hold: ModelHold): ModelAnswer {
		if (!isOpen(hold)) return ended(hold);
		this.#end(hold, "released", now);
		return {};
	}

	extend(now: number, hold: ModelHold, amount: number, ttl_ms: number): ModelAnswer {
		if (!isOpen(hold)) return ended(hold);
		const expires_at = Math.max(hold.expires_at, now + ttl_ms);
		if (expires_at > hold.opened_at + 86_400_000) return "invalid-request";
		const more = this.#take(amount, "held");
		if (!more) return "insufficient-credits";
		hold.expires_at = expires_at;
		hold.credits.push(...more);
		return {};
	}

	refund(now: number, hold: ModelHold, amount: number): ModelAnswer {
		if (hold.status !== "settled") return isOpen(hold) ? "conflict" : ended(hold);
		const left = hold.used.slice(0, hold.used.length - hold.refunded);
		if (amount > left.length) return "conflict";
		hold.refunded += amount;
		const back = left.slice(left.length - amount);
		const home = back.filter(({ lot }) => returnsTo(lot, now) !== "expired");
		for (const credit of home) credit.in = returnsTo(credit.lot, now);
		const anew = {
			kind: "refund",
			priority: 50,
			effective_at: now,
			expires_at: Infinity,
			amount: amount - home.length,
		};
		return anew.amount > 0 ? this.grant(now, anew) : {};
	}

	void(lot: ModelLot): ModelAnswer {
		if (lot.voided) return {};
		if (lot.scheduled) this.#open(lot);
		this.#move(lot, "voided");
		lot.voided = true;
		return {};
	}

	/** Sums of every lot that still has something to move, oldest first. */
	liveLots(): number[][] {
		const live = this.lots.filter((lot) => lot.scheduled || this.#of(lot, "available", "held").length > 0);
		return live.map((lot) => this.sums([lot]));
	}

	/** granted, available, held, consumed, expired, voided. */
	sums(lots = this.lots): number[] {
		const count = (...places: Place[]) => lots.reduce((sum, lot) => sum + this.#of(lot, ...places).length, 0);
		return [count(...PLACES), ...PLACES.map((place) => count(place))];
	}

	#of = (lot: ModelLot, ...places: Place[]) => this.#credits.filter((c) => c.lot === lot && places.includes(c.in));

	#open(lot: ModelLot): void {
		lot.scheduled = false;
		for (let n = 0; n < lot.amount; n++) this.#credits.push({ lot, in: "available" });
	}

	#move(lot: ModelLot, to: Place): void {
		for (const credit of this.#of(lot, "available")) credit.in = to;
	}

	#take(amount: number, to: Place): Credit[] | null {
		const taken = this.#credits.filter((credit) => credit.in === "available").sort(inOrderOfUse);
		if (taken.length < amount) return null;
		for (const credit of taken.slice(0, amount)) credit.in = to;
		return taken.slice(0, amount);
	}

	#end(hold: ModelHold, status: "released" | "expired", at: number): void {
		for (const credit of hold.credits) credit.in = returnsTo(credit.lot, at);
		hold.status = status;
	}
}

const isOpen = (hold: ModelHold) => hold.status === "held";
const ended = ({ status }: ModelHold) => (status === "expired" ? "hold-expired" : `hold-already-${status}`);
const returnsTo = (lot: ModelLot, now: number) =>
	lot.voided ? "voided" : lot.expires_at <= now ? "expired" : "available";
const rank = ({ lot }: Credit) => [lot.priority, lot.expires_at, Number(/purchase|refund/.test(lot.kind)), lot.serial];
const inOrderOfUse = (a: Credit, b: Credit) =>
	rank(a).reduce((order, x, i) => order || (x < (rank(b)[i] ?? 0) ? -1 : Number(x > (rank(b)[i] ?? 0))), 0);
