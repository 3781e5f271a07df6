import { type PlantedBug, testsOf } from "./bug.ts";

const runner = testsOf("test/shard/runner.test.ts");
const credits = testsOf("test/http/credits.test.ts");
const ledger = testsOf("test/domain/ledger.test.ts");
const settlement = testsOf("test/http/settlement.test.ts");

/** Credits: holds, lots, the clock. */
export const CREDIT_BUGS: readonly PlantedBug[] = [
	{
		name: "balance-not-checked",
		property: "L4",
		what: "a reservation does not look at what is available",
		file: "src/domain/credits/holds.ts",
		search: "if (available < needed) {",
		replace: "if (available < 0) {",
		caughtBy: credits("of 40 reserves of 1 at once against 10, exactly 10 are held and 30 refused"),
	},
	{
		name: "settled-twice",
		property: "L3",
		what: "a settlement does not look at how the hold stands",
		file: "src/domain/credits/holds.ts",
		search: "if (!late && !open) return alreadyEnded(hold);",
		replace: "",
		caughtBy: [
			...testsOf("test/shard/holds-edges.test.ts")("the hold ends once, and the answer says how"),
			...credits("of a settlement, a release and a second settlement at once, one ends the hold"),
		],
	},
	{
		name: "late-settlement-always",
		property: "L3",
		what: "a hold that ran out is charged late though it says reject",
		file: "src/domain/credits/holds.ts",
		search: 'hold.status === "expired" && hold.late_settle === "charge"',
		replace: 'hold.status === "expired"',
		caughtBy: settlement("is refused, where the hold says reject, and nothing is charged"),
	},
	{
		name: "ended-by-the-alarm-only",
		property: "L9",
		what: "a command does not do first what the clock has made due",
		file: "src/shard/engine/runner.ts",
		search: "this.#schedule.advance(user, tenant, now);",
		replace: "",
		caughtBy: runner("an abandoned hold comes back when its time is over"),
	},
	{
		name: "failed-alarm-gives-up",
		property: "L9",
		what: "an alarm that could not do what was due says that nothing is due",
		file: "src/shard/engine/runner.ts",
		search: "return now + (this.#failures <= ADVANCE_RETRIES_SOON ? ADVANCE_RETRY_MS : ADVANCE_RETRY_LATE_MS);",
		replace: "return null;",
		caughtBy: runner("a hold comes back within its time and a minute although the alarm fails eight times running"),
	},
	{
		name: "returned-to-the-newest",
		property: "L10",
		what: "what a settlement leaves goes back to the slices that were taken first",
		file: "src/domain/credits/slices.ts",
		search: "for (const [lot, size] of slices) {",
		replace: "for (const [lot, size] of [...slices].reverse()) {",
		caughtBy: [
			...ledger("split anywhere lose nothing: what is used comes first, what goes back comes last"),
			...testsOf("test/shard/ledger-model.test.ts")("commands agree with the model"),
		],
	},
	{
		name: "spent-newest-first",
		property: "L10",
		what: "of equal lots the newest is spent first",
		file: "src/domain/credits/slices.ts",
		search: "a.created_at - b.created_at ||",
		replace: "b.created_at - a.created_at ||",
		caughtBy: ledger("is priority, then the earliest expiry, then free before paid, then the oldest"),
	},
	{
		name: "expired-lot-revived",
		property: "L10",
		what: "what a hold gives back is available though its lot has expired since",
		file: "src/domain/credits/slices.ts",
		search: 'return lot?.expires_at != null && lot.expires_at <= now ? "expired" : "available";',
		replace: 'return "available";',
		caughtBy: testsOf("test/http/plan.test.ts")("does not roll over what is held, which comes back to its expired lot"),
	},
	{
		name: "voided-lot-revived",
		property: "L10",
		what: "what a hold gives back is available though its lot was voided since",
		file: "src/domain/credits/slices.ts",
		search: 'if (lot?.voided_at != null) return "voided";',
		replace: "",
		caughtBy: testsOf("test/http/ledger.test.ts")("loses what is left of it; what is held of it stays spendable"),
	},
	{
		name: "one-hold-too-many",
		property: "L2",
		what: "one hold more than the limit may be open",
		file: "src/domain/credits/holds.ts",
		search: "account.holds.length >= OPEN_HOLDS_MAX",
		replace: "account.holds.length > OPEN_HOLDS_MAX",
		caughtBy: [...credits("the 33rd open hold is 429"), ...settlement("on open holds refuses the 33rd until one ends")],
	},
	{
		name: "refunded-twice",
		property: "L1",
		what: "a refund forgets what was refunded before",
		file: "src/domain/credits/refunds.ts",
		search: "const refundable = hold.settled - hold.refunded;",
		replace: "const refundable = hold.settled;",
		caughtBy: settlement(
			"in parts goes back to the lots it came from, last in first out, and never more than was charged",
			"of two at once, each of more than half, one is made",
		),
	},
	{
		name: "refund-of-a-chargeback",
		property: "L10",
		what: "what was charged to a voided lot is refunded as a lot of its own, which never expires",
		file: "src/domain/credits/refunds.ts",
		search: 'back.filter((slice) => bucketOf(slice) === "voided")',
		replace: "back.filter(() => false)",
		caughtBy: [
			...settlement("of a purchase that was charged back gives nothing"),
			...testsOf("test/shard/ledger-model.test.ts")("commands agree with the model"),
		],
	},
	{
		name: "usage-ignores-refunds",
		property: "figures",
		what: "the usage of a tenant is what was charged, whatever was refunded",
		file: "src/catalog/credits/usage.ts",
		search: "credits: charged - refunded,",
		replace: "credits: charged,",
		caughtBy: testsOf("test/shard/generations.test.ts")("by day, by model and by user is what their holds add up to"),
	},
];
