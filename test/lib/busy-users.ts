import { expect } from "vitest";
import type { QuizDocument } from "../../src/domain/quizzes/quiz.ts";
import { type Client, newClient, quizDocument } from "./harness.ts";
import { png, uploaded } from "./images.ts";

/** Users who have done a bit of everything that the catalog hears of. */

/**
 * Attempts, generations of every end, grants, a quiz that was published, changed and withdrawn, collections and shares.
 * @param quiz one that {@link withParts} has made
 * @param ttl_s of the hold that is left open
 */
export async function busyUser(author: Client, quiz: string, serial: number, ttl_s = 60): Promise<Client> {
	const client = await newClient();
	const at = (path: string) => `/v1/users/me/${path}`;
	for (let n = 0; n < 3; n++) {
		await client.post(at("attempts"), {
			quiz,
			answers: { "1": (serial + n) % 4, "2": n % 4, ...(n < 2 && { parts: [0, 1, 2].slice(n * 2) }) },
		});
	}
	await client.post(at("attempts"), { quiz });
	await client.post(at("credits/grants"), { amount: 50, kind: "purchase" });
	const { body: settled } = await client.post(at("credits/holds"), { amount: 7, model: "m1" });
	await client.post(at(`credits/holds/${settled.id}/settlement`), { amount: 5, tokens_used: 11, cost_cents: 3.25 });
	await client.post(at(`credits/holds/${settled.id}/refund`), { amount: 2 });
	const { body: released } = await client.post(at("credits/holds"), { amount: 2, model: "m2" });
	await client.post(at(`credits/holds/${released.id}/release`), { tokens_used: 3, cost_cents: 0.5 });
	await client.post(at("credits/holds"), { amount: 4, ttl_s, late_settle: "charge", model: "m1" });
	const { body: draft } = await client.post(at("quizzes"), quizDocument(`Own ${serial}`));
	await client.put(at(`quizzes/${draft.id}/publication`), { visibility: "public" });
	await busySharing(client, draft.id, author, quiz);
	if (serial % 2 === 0) await client.request("DELETE", at(`quizzes/${draft.id}/publication`));
	await client.put(at(`favorites/${quiz}`));
	if (serial % 3 > 0) await client.put(at(`likes/${quiz}`));
	if (serial % 3 > 1) await client.request("DELETE", at(`likes/${quiz}`));
	await authoredQuizzes(client, serial);
	// All have the first image; some let go of theirs, one of them to take it again.
	const [shared, own] = [await uploaded(client, png(9, 9)), await uploaded(client)];
	await client.post(at("quizzes"), { ...quizDocument(`Shown ${serial}`), thumbnail: own });
	if (serial % 2 === 0) await client.request("DELETE", at(`media/${shared}`));
	if (serial % 4 === 0) await uploaded(client, png(9, 9));
	return client;
}

/** Quizzes in every state that authoring has: in review, archived, deleted, undeleted, with several slugs that others claim too. */
async function authoredQuizzes(client: Client, serial: number): Promise<void> {
	const at = (path: string) => `/v1/users/me/quizzes${path}`;
	const ends = ["", "archived", "draft", "deleted", "undeleted"];
	for (const [n, end] of ends.entries()) {
		const { body: quiz } = await client.post(at(""), quizDocument(`Authored ${n}`));
		if (n !== 2) await client.put(at(`/${quiz.id}/publication`), { visibility: "tenant" });
		for (const slug of [`contested-${n % 2}`, `own-${serial}-${n}`]) await client.put(at(`/${quiz.id}/slug`), { slug });
		if (n === 4) await client.put(at(`/${quiz.id}/slug`), { slug: "contested-0" });
		if (end === "archived") await client.put(at(`/${quiz.id}/status`), { status: "archived" });
		if (end === "draft") await client.put(at(`/${quiz.id}/status`), { status: "review" });
		if (end.endsWith("deleted")) await client.request("DELETE", at(`/${quiz.id}`));
		if (end === "undeleted") await client.post(at(`/${quiz.id}/undeletion`));
	}
}

/** Collections that were changed and deleted; shares that were used, used up and revoked; a copy. */
async function busySharing(client: Client, own: string, author: Client, quiz: string): Promise<void> {
	const collections = "/v1/users/me/collections";
	for (const visibility of ["private", "tenant", "public"]) {
		const { body } = await client.post(collections, { title: visibility, visibility });
		await client.put(
			`${collections}/${body.id}`,
			{ title: "Changed", visibility, quizzes: [quiz] },
			{ "If-Match": "*" },
		);
		if (visibility === "tenant") await client.request("DELETE", `${collections}/${body.id}`);
	}
	for (const access of ["view", "attempt", "edit"]) {
		const { body } = await client.post(`/v1/users/me/quizzes/${own}/shares`, { access, max_uses: 1 });
		expect((await author.post(`/v1/shares/${body.code}/redemption`)).status).toBe(200);
		if (access === "view") await client.request("DELETE", `/v1/users/me/quizzes/${own}/shares/${body.id}`);
	}
	const { body } = await author.post(`/v1/users/me/quizzes/${quiz}/shares`, { access: "copy" });
	expect((await client.post(`/v1/shares/${body.code}/redemption`)).status).toBe(200);
}

/** A quiz of which some attempts come to whole marks, and some do not. */
export const withParts = (title: string, marks: number): QuizDocument => {
	const [options, right] = [
		["one", "two", "three", "four"],
		[0, 1, 2],
	];
	const more = {
		id: "parts",
		question: "Which?",
		type: "multiple_choice" as const,
		options,
		correct_answers: right,
		scoring: "partial" as const,
		marks,
	};
	const document = quizDocument(title);
	return {
		...document,
		subjects: document.subjects.map(({ name, questions }) => ({ name, questions: [...questions, more] })),
	};
};
