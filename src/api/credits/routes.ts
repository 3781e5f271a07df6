import { z } from "@hono/zod-openapi";
import { endPlan } from "../../service/credits/end-plan.ts";
import { grantCredits } from "../../service/credits/grant-credits.ts";
import { listEntries } from "../../service/credits/list-entries.ts";
import { readBalance, readBalanceAsOf } from "../../service/credits/read-balance.ts";
import { setPlan } from "../../service/credits/set-plan.ts";
import { setLimits, setPreferences } from "../../service/credits/set-terms.ts";
import { verifyRecords } from "../../service/credits/verify-records.ts";
import { voidLot } from "../../service/credits/void-lot.ts";
import { answer, valueIn } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { cursorIn, page, pageQuery, pageSchema, unknownCursor } from "../http/paging.ts";
import {
	changed,
	changeHeaders,
	keyedHeaders,
	needs,
	newApp,
	optionalBody,
	requestBody,
	route,
	shows,
} from "../http/route.ts";
import { userParam } from "../schemas.ts";
import * as shapes from "./schemas.ts";

const path = "/v1/users/{user}/credits";
const tag = "credits";
const userParams = z.object({ user: userParam });
const seqCursor = z.int().min(1);
const asOf = z
	.string()
	.regex(/^\d{1,15}$/, "must be a time in milliseconds")
	.transform(Number)
	.optional()
	.openapi({ param: { in: "query" }, type: "integer", description: "A past instant, milliseconds since the epoch" });

/** Balance, lots, plan, terms and the ledger; holds have hold-routes.ts. */
export const creditRoutes = newApp();

creditRoutes.openapi(
	route({
		method: "get",
		path,
		tag,
		operationId: "getCredits",
		summary: "Balance and lots, now or at a past instant",
		...needs("credits:read", "With `as_of`, only the totals, as they were at that instant."),
		request: { params: userParams, query: z.object({ as_of: asOf }) },
		responses: shows(z.union([shapes.balance, shapes.balanceAsOf]), "What the user has, in total and by lot"),
	}),
	async (c) => {
		const { user } = c.req.valid("param");
		const { as_of } = c.req.valid("query");
		if (as_of === undefined) return c.json(valueIn(c, await readBalance(ctxOf(c), { user })), 200);
		return c.json(valueIn(c, await readBalanceAsOf(ctxOf(c), { user, as_of })), 200);
	},
);

creditRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/grants`,
			tag,
			operationId: "grantCredits",
			summary: "Grant credits: a new lot",
			...needs(
				"credits:grant",
				"With `effective_at` in the future the lot is scheduled; one in the past counts from now.",
			),
			request: { params: userParams, headers: keyedHeaders, body: requestBody(shapes.grantBody) },
			responses: changed(201, shapes.lot, "The lot"),
		},
		...(["idempotency-key-required", "idempotency-key-reused", "conflict"] as const),
	),
	async (c) => {
		const input = { user: c.req.valid("param").user, grant: c.req.valid("json") };
		const { value, status } = await answer(c, await grantCredits(ctxOf(c), input), 201);
		return c.json(value, status);
	},
);

creditRoutes.openapi(
	route(
		{
			method: "post",
			path: `${path}/lots/{lot}/void`,
			tag,
			operationId: "voidLot",
			summary: "Void what is left of a lot",
			...needs("credits:grant", "What is held of it stays spendable for its holds. Voiding it again changes nothing."),
			request: {
				params: userParams.extend({ lot: shapes.lotId }),
				headers: keyedHeaders,
				body: optionalBody(shapes.reasonBody),
			},
			responses: changed(200, shapes.lot, "The lot, voided"),
		},
		"idempotency-key-reused",
	),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		const { value, status } = await answer(c, await voidLot(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

creditRoutes.openapi(
	route({
		method: "put",
		path: `${path}/plan`,
		tag,
		operationId: "setPlan",
		summary: "Set the monthly plan",
		...needs("credits:grant", "The first period begins now. Terms that replace others count from the next period on."),
		request: { params: userParams, headers: changeHeaders, body: requestBody(shapes.planBody) },
		responses: changed(200, shapes.plan, "The plan"),
	}),
	async (c) => {
		const input = { user: c.req.valid("param").user, terms: c.req.valid("json") };
		const { value, status } = await answer(c, await setPlan(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

creditRoutes.openapi(
	route({
		method: "delete",
		path: `${path}/plan`,
		tag,
		operationId: "endPlan",
		summary: "End the monthly plan",
		...needs("credits:grant", "No further periods. The current one's credits stay until they expire."),
		request: { params: userParams, headers: changeHeaders },
		responses: changed(200, shapes.plan, "The plan, which ends with its period"),
	}),
	async (c) => {
		const { value, status } = await answer(c, await endPlan(ctxOf(c), c.req.valid("param")), 200);
		return c.json(value, status);
	},
);

creditRoutes.openapi(
	route({
		method: "put",
		path: `${path}/preferences`,
		tag,
		operationId: "setCreditPreferences",
		summary: "When the log says low balance and expiring soon",
		...needs("credits:reserve"),
		request: { params: userParams, headers: changeHeaders, body: requestBody(shapes.preferencesBody) },
		responses: changed(200, shapes.terms, "The terms"),
	}),
	async (c) => {
		const input = { user: c.req.valid("param").user, terms: given(c.req.valid("json")) };
		const { value, status } = await answer(c, await setPreferences(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

creditRoutes.openapi(
	route({
		method: "put",
		path: `${path}/limits`,
		tag,
		operationId: "setCreditLimits",
		summary: "The daily cap",
		...needs("credits:grant", "Most credits charged or held within a day, UTC; null for none."),
		request: { params: userParams, headers: changeHeaders, body: requestBody(shapes.limitsBody) },
		responses: changed(200, shapes.terms, "The terms"),
	}),
	async (c) => {
		const input = { user: c.req.valid("param").user, terms: c.req.valid("json") };
		const { value, status } = await answer(c, await setLimits(ctxOf(c), input), 200);
		return c.json(value, status);
	},
);

/** Without the members that were not given: those stay as they are. */
function given<T extends object>(body: T) {
	const members = Object.entries(body).filter(([, value]) => value !== undefined);
	return Object.fromEntries(members) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

creditRoutes.openapi(
	route({
		method: "get",
		path: `${path}/entries`,
		tag,
		operationId: "listCreditEntries",
		summary: "The ledger, newest first",
		...needs("credits:read"),
		request: { params: userParams, query: pageQuery },
		responses: shows(pageSchema(shapes.ledgerLine, "LedgerEntryPage"), "A page of entries"),
	}),
	async (c) => {
		const { limit, cursor } = c.req.valid("query");
		const input = { user: c.req.valid("param").user, from: cursorIn(c, seqCursor, cursor), limit };
		const { items, next } = valueIn(c, await listEntries(ctxOf(c), input));
		// A page of this list only ever points to an entry.
		if (input.from !== null && items.length === 0) throw unknownCursor();
		return c.json(page(c, items, next), 200);
	},
);

creditRoutes.openapi(
	route({
		method: "get",
		path: `${path}/verification`,
		tag,
		operationId: "verifyCredits",
		summary: "Recompute everything from the log",
		...needs("credits:read", "Books every entry of the log again and compares; names the first row that disagrees."),
		request: { params: userParams },
		responses: shows(shapes.verification, "What was found"),
	}),
	async (c) => {
		return c.json(valueIn(c, await verifyRecords(ctxOf(c), c.req.valid("param"))), 200);
	},
);
