import { expect, test } from "vitest";
import { ALL_SCOPES, type Client, caughtUp, newClient, publishedQuiz } from "../lib/harness.ts";
import { CLOSED, send, userWithThings } from "../lib/operations.ts";
import { CANARY, everyType } from "../lib/question-types.ts";

/** The key and the explanations of a public quiz are in no answer to anybody but its author, whatever is asked. */

const SECRET = new RegExp(CANARY.source.replace("canary", "zebrafish"), "i");

/** A quiz of every type whose key and explanations say a word that stands nowhere else. */
const document = () => JSON.parse(JSON.stringify(everyType()).replace(/canary/gi, "zebrafish"));

async function readers(tenant: string, code: string): Promise<Record<string, Client>> {
	const grantee = await newClient();
	expect((await grantee.post(`/v1/shares/${code}/redemption`)).status).toBe(200);
	return {
		"of the same tenant": await newClient({ tenant }),
		"of another tenant": await newClient(),
		"who has used a share": grantee,
		"that is an operator": await newClient({ scope: `${ALL_SCOPES} admin` }),
	};
}

test("no operation gives the key or an explanation to a user who is not the author", async () => {
	const things = await userWithThings();
	const author = things.client;
	const quiz = await publishedQuiz(author, document());
	const { body: share } = await author.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "attempt" });
	const collected = { title: "All", visibility: "public", quizzes: [quiz] };
	const { body: collection } = await author.post("/v1/users/me/collections", collected);
	await caughtUp(author);
	const { slug } = (await author.get(`/v1/users/me/quizzes/${quiz}`)).body;
	const a = { ...things, quiz, slug, share: share.id, code: share.code, collection: collection.id };
	expect((await author.get(`/v1/users/me/quizzes/${quiz}`)).text).toMatch(SECRET);
	for (const [who, reader] of Object.entries(await readers(author.tenant, share.code))) {
		for (const operation of CLOSED) {
			for (const user of [author.user, "me"]) {
				const { status, text } = await send(reader, operation, a, user);
				expect(text, `${operation.name} for a user ${who}: ${status}`).not.toMatch(SECRET);
			}
		}
		for (const query of ["q=zebrafish", "q=90210.77003", "facets=true", "sort=popular&limit=100"]) {
			const { status, text } = await reader.get(`/v1/quizzes?${query}`);
			expect([status, SECRET.test(text)], `${query} for a user ${who}`).toEqual([200, false]);
		}
	}
});
