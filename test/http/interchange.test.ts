import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { BATCH_IMPORT_MAX, QTI_DOCUMENTS_MAX } from "../../src/domain/interchange/limits.ts";
import { QUIZ_QUESTIONS_MAX, QUIZZES_PER_USER_MAX } from "../../src/domain/quizzes/limits.ts";
import { quizContentSchema, shownContent } from "../../src/domain/quizzes/quiz.ts";
import choice from "../fixtures/interchange/choice.xml?raw";
import examples from "../fixtures/interchange/examples.gift?raw";
import numeric from "../fixtures/interchange/numeric.xml?raw";
import { expectProblem, headSeq, newClient, quizDocument } from "../lib/harness.ts";

/** Import and export over HTTP. */

const IMPORTS = "/v1/users/me/quizzes/imports";

it("one quiz of a batch that is not right is rejected by its fields, and the others are created", async () => {
	const author = await newClient();
	const twins = {
		...quizDocument("Twins"),
		subjects: [{ name: "a", questions: [{ ...question, options: ["x", "x"] }] }],
	};
	const body = {
		format: "json",
		quizzes: [quizDocument("First"), twins, 7, { ...quizDocument("Last"), owner: "usr_x" }, quizDocument("Other")],
	};
	const { status, body: result, headers } = await author.post(IMPORTS, body);
	expect([status, headers.get("Sync-Seq"), result.created, result.rejected]).toEqual([200, "3", 2, 3]);
	expect(result.items).toMatchObject([
		{ index: 0, status: "created", title: "First", question_count: 4, questions: [] },
		{
			index: 1,
			status: "rejected",
			errors: [{ pointer: "/quizzes/1/subjects/0/questions/0/options/1", detail: "Equal to option 0." }],
		},
		{ index: 2, status: "rejected", errors: [{ pointer: "/quizzes/2" }] },
		{ index: 3, status: "rejected", errors: [{ pointer: "/quizzes/3/owner", detail: "This field is not known." }] },
		{ index: 4, status: "created", title: "Other" },
	]);
	const { items } = (await author.get("/v1/users/me/quizzes")).body;
	expect(items.map((quiz: { id: string; status: string }) => [quiz.id, quiz.status])).toEqual(
		[4, 0].map((index) => [result.items[index].quiz, "draft"]),
	);
});
const question = { id: 1, question: "Which?", correctAnswer: 0 };

it("1,000 quizzes are one request, whose retry creates nothing twice; 1,001 are refused whole", async () => {
	const author = await newClient();
	const quizzes = Array.from({ length: BATCH_IMPORT_MAX }, (_, index) => quizDocument(`Quiz ${index}`, 1));
	const key = { "Idempotency-Key": "batch" };
	const first = await author.post(IMPORTS, { format: "json", quizzes }, key);
	expect([first.status, first.body.created, await headSeq(author)]).toEqual([
		200,
		BATCH_IMPORT_MAX,
		BATCH_IMPORT_MAX + 1,
	]);
	const again = await author.post(IMPORTS, { quizzes, format: "json" }, key);
	expect([again.headers.get("Idempotent-Replayed"), again.text]).toEqual(["true", first.text]);
	expectProblem(
		await author.post(IMPORTS, { format: "json", quizzes: quizzes.slice(1) }, key),
		"idempotency-key-reused",
	);
	const tooMany = { format: "json", quizzes: [...quizzes, quizDocument("One more", 1)] };
	expectProblem(await author.post(IMPORTS, tooMany), "invalid-request", ["/quizzes"]);
	expect(await headSeq(author)).toBe(BATCH_IMPORT_MAX + 1);
	const kept_bytes = await runInDurableObject(author.shard(), (_, { storage: { sql } }) =>
		Number(sql.exec("SELECT max(length(outcome)) AS n FROM requests").one().n),
	);
	expect(kept_bytes).toBeLessThan(40_000);
	const { body } = await author.get("/v1/users/me/credits/verification");
	expect(body.ok).toBe(true);
});

it("an import that the user has no room for creates as many quizzes as there may be", async () => {
	const author = await newClient();
	await author.post(IMPORTS, { format: "json", quizzes: [quizDocument()] });
	await runInDurableObject(author.shard(), (_, { storage: { sql } }) => {
		const copy = `INSERT INTO quizzes (seq, id, status, revision, title, draft, draft_hash, created_at, updated_at)
			SELECT ?, 'quz_copy', status, revision, title, '{}', draft_hash, created_at, updated_at FROM quizzes WHERE id <> 'quz_copy' LIMIT 1`;
		for (let n = 2; n < QUIZZES_PER_USER_MAX; n++) sql.exec(copy, 1_000_000 + n);
	});
	const { body } = await author.post(IMPORTS, {
		format: "json",
		quizzes: [quizDocument("fits"), quizDocument("does not")],
	});
	expect(body).toMatchObject({
		created: 1,
		rejected: 1,
		items: [{ status: "created" }, { status: "rejected", errors: [{ pointer: "/quizzes/1" }] }],
	});
});

it("GIFT becomes one quiz with a report, and comes out again as GIFT", async () => {
	const author = await newClient();
	const head = { title: "Examples", tags: ["Moodle"], difficulty: "advanced", pass_percentage: 60 };
	const { status, body } = await author.post(IMPORTS, { format: "gift", text: examples, ...head });
	expect([status, body.created]).toEqual([200, 1]);
	const [{ quiz, title, question_count, questions }] = body.items;
	expect(questions).toHaveLength(26);
	expect(questions[0]).toEqual({
		status: "degraded",
		id: "grant-1",
		place: "line 3",
		name: "Q1 buried",
		reason: "Tags are of a whole quiz; those of this question were left out: history.",
	});
	expect(questions[2]).toEqual({ status: "imported", id: "2", place: "line 12", name: null, reason: null });
	expect([title, question_count]).toEqual(["Examples", 23]);
	const path = `/v1/users/me/quizzes/${quiz}`;
	expect((await author.get(path)).body.content).toMatchObject({ ...head, tags: ["moodle"] });
	const gift = await author.get(`${path}/export?format=gift`);
	expect(["Content-Type", "Content-Disposition", "Cache-Control"].map((name) => gift.headers.get(name))).toEqual([
		"text/plain; charset=utf-8",
		`attachment; filename="${quiz}.gift.txt"`,
		"no-store",
	]);
	const again = await author.post(IMPORTS, { format: "gift", text: gift.text, ...head });
	expect(again.body.items[0].questions.every(({ status }: { status: string }) => status !== "skipped")).toBe(true);
	expect(again.body.items[0].question_count).toBe(23);
});

it("documents of QTI become one quiz, and it comes out again as QTI", async () => {
	const author = await newClient();
	const { body } = await author.post(IMPORTS, { format: "qti", documents: [choice, numeric] });
	expect(body).toMatchObject({ created: 1, items: [{ title: "Imported from QTI", question_count: 2 }] });
	const path = `/v1/users/me/quizzes/${body.items[0].quiz}`;
	const qti = await author.get(`${path}/export?format=qti`);
	expect([qti.status, qti.headers.get("Content-Type")]).toEqual([200, "application/xml; charset=utf-8"]);
	expect(qti.headers.get("Content-Disposition")).toBe(`attachment; filename="${body.items[0].quiz}.qti.xml"`);
	const again = await author.post(IMPORTS, { format: "qti", documents: [qti.text] });
	const contents = await Promise.all(
		[path, `/v1/users/me/quizzes/${again.body.items[0].quiz}`].map(
			async (one) => (await author.get(one)).body.content.subjects,
		),
	);
	expect(contents[1]).toEqual(contents[0]);
});

it("JSON comes out as it went in, each question with its type", async () => {
	const author = await newClient();
	const document = quizContentSchema.parse(quizDocument("Exact"));
	const { body } = await author.post(IMPORTS, { format: "json", quizzes: [document] });
	const json = await author.get(`/v1/users/me/quizzes/${body.items[0].quiz}/export`);
	expect([json.headers.get("Content-Type"), json.body]).toEqual(["application/json", shownContent(document)]);
	const again = await author.post(IMPORTS, { format: "json", quizzes: [json.body] });
	const copy = await author.get(`/v1/users/me/quizzes/${again.body.items[0].quiz}/export`);
	expect([again.body.created, copy.text]).toEqual([1, json.text]);
});

it.each([
	[{ format: "gift", text: "A {T}\n\nB {=x\n\nC }" }, ["/text", "/text"]],
	[{ format: "qti", documents: ["<a/>", "<a>\n<b></a>"] }, ["/documents/1"]],
	[{ format: "qti", documents: ["<!DOCTYPE a><a/>"] }, ["/documents/0"]],
	[{ format: "qti", documents: ["<a>".repeat(100_000)] }, ["/documents/0"]],
	[{ format: "qti", documents: Array(QTI_DOCUMENTS_MAX + 1).fill("<a/>") }, ["/documents"]],
	[{ format: "qti", documents: [] }, ["/documents"]],
	[{ format: "gift", text: "" }, ["/text"]],
	[{ format: "gift", text: "A {T}", title: "x".repeat(201), tags: [""] }, ["/title", "/tags/0"]],
	[{ format: "gift", text: "no question", title: "x".repeat(201) }, ["/title"]],
	[{ format: "gift", text: "A {=\u0000}" }, ["/text"]],
	[{ format: "gift", text: "A {=\ufffdt\ufffd}" }, ["/text"]],
	[{ format: "qti", documents: ["<a/>", { name: "b.xml", text: "<b>\ufffd</b>" }] }, ["/documents/1"]],
	[{ format: "json", quizzes: [] }, ["/quizzes"]],
	[{ format: "csv", quizzes: [] }, ["/format"]],
	[{}, ["/format"]],
])("what is not of its format, or names no quiz, is 400 and changes nothing (%#)", async (body, pointers) => {
	const author = await newClient();
	const answer = await author.post(IMPORTS, body);
	expectProblem(answer, "invalid-request", pointers);
	expect((await author.get("/v1/users/me/quizzes")).body.items).toEqual([]);
});

it("a fault of a text is told with its line", async () => {
	const author = await newClient();
	const gift = await author.post(IMPORTS, { format: "gift", text: "A {T}\n\nB {=x" });
	expect(gift.body.errors[0].detail).toMatch(/^Line 3, column 3: This `{` is not closed/);
	const qti = await author.post(IMPORTS, { format: "qti", documents: ["<a>\n<b></a>"] });
	expect(qti.body.errors[0].detail).toBe("Line 2, column 4: Missing end tag for element b.");
});

it("a source with no question for us is rejected with its report; one with too many becomes several quizzes", async () => {
	const author = await newClient();
	const none = await author.post(IMPORTS, { format: "gift", text: "Only read this.\n\nWrite an essay. {}" });
	expect(none.body).toMatchObject({
		created: 0,
		rejected: 1,
		items: [
			{ status: "rejected", errors: [{ pointer: "/text" }], questions: [{ status: "skipped" }, { status: "skipped" }] },
		],
	});
	const many = await author.post(IMPORTS, {
		format: "gift",
		text: "Q {T}\n\n".repeat(QUIZ_QUESTIONS_MAX + 1),
		title: "Many",
	});
	expect(many.body).toMatchObject({
		created: 2,
		items: [
			{ status: "created", title: "Many (1 of 2)", question_count: QUIZ_QUESTIONS_MAX },
			{ status: "created", title: "Many (2 of 2)", question_count: 1 },
		],
	});
	const fits = await author.post(IMPORTS, { format: "gift", text: "Q {T}\n\n".repeat(QUIZ_QUESTIONS_MAX) });
	expect(fits.body.items[0]).toMatchObject({ status: "created", question_count: QUIZ_QUESTIONS_MAX });
});
