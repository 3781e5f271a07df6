import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { UPLOAD_BYTES_MAX } from "../../src/domain/interchange/limits.ts";
import { type Client, expectProblem, newClient } from "../lib/harness.ts";
import { png } from "../lib/images.ts";
import { zip } from "../lib/question-files.ts";

/** Files of questions over HTTP, as they lie on a disk. */

const FILES = "/v1/users/me/quizzes/imports/files";
const GIFT = "::Où:: Où est l’été ? {=ici ~là}";
const TEXT = { "Content-Type": "text/plain" };

const sent = (client: Client, raw: Uint8Array<ArrayBuffer>, headers: Record<string, string>, query = "") =>
	client.request("POST", `${FILES}${query}`, { raw, headers });
const bytesOf = (text: string) => new Uint8Array(new TextEncoder().encode(text));

async function form(files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>) {
	const data = new FormData();
	for (const [name, content] of Object.entries(files)) data.append("file", new File([content], name));
	const response = new Response(data);
	return {
		raw: new Uint8Array(await response.arrayBuffer()),
		headers: { "Content-Type": response.headers.get("Content-Type") ?? "" },
	};
}

const quizzesOf = async (client: Client) => (await client.get("/v1/users/me/quizzes")).body.items;

it("a file is the body, whatever its type says: what it is is told from its bytes", async () => {
	const author = await newClient();
	for (const type of ["text/plain", "application/octet-stream", "text/plain; charset=utf-8"]) {
		const { status, body } = await sent(author, bytesOf(GIFT), { "Content-Type": type }, "?filename=ou.txt");
		expect([status, body.created]).toEqual([200, 1]);
		expect(body.items[0]).toMatchObject({ file: "ou.txt", title: "ou", questions: [{ status: "imported", id: "1" }] });
	}
	const titled = await sent(author, bytesOf("question;correct\nOne?;a"), TEXT, "?title=Table&format=csv");
	expect(titled.body.items[0]).toMatchObject({ status: "created", title: "Table", question_count: 1 });
});

it("a form brings several files, of which what cannot be read is rejected and the others are imported", async () => {
	const author = await newClient();
	const { raw, headers } = await form({
		"a.gift": GIFT,
		"b.zip": zip({ "c.gift": "One? {T}", "../d.gift": "x" }),
		"e.zip": zip({ "f/g.gift": "Two? {#2}" }),
		"h.txt": "A letter.",
	});
	const { status, body } = await sent(author, raw, headers);
	expect([status, body.created, body.rejected]).toEqual([200, 2, 2]);
	expect(
		body.items.map(({ status, file, errors }: { status: string; file: string; errors?: { detail: string }[] }) => [
			status,
			file,
			errors?.[0]?.detail ?? null,
		]),
	).toEqual([
		["created", "g.gift".replace("g", "f/g"), null],
		["created", "a.gift", null],
		["rejected", "b.zip", expect.stringMatching(/outside of it/)],
		["rejected", "h.txt", expect.stringMatching(/no format that is known/)],
	]);
	expect(await quizzesOf(author)).toHaveLength(2);
});

it("a dry run says what would be and makes nothing; a retry of a real one makes nothing twice", async () => {
	const author = await newClient();
	const dry = await sent(author, bytesOf(GIFT), TEXT, "?dry_run=true");
	expect(dry.body).toMatchObject({ created: 0, rejected: 0, items: [{ status: "valid", question_count: 1 }] });
	expect(await quizzesOf(author)).toEqual([]);
	const key = { ...TEXT, "Idempotency-Key": "files" };
	const first = await sent(author, bytesOf(GIFT), key);
	const again = await sent(author, bytesOf(GIFT), key);
	expect([first.body.created, again.text, again.headers.get("Idempotent-Replayed")]).toEqual([1, first.text, "true"]);
	expectProblem(await sent(author, bytesOf(`${GIFT} `), key), "idempotency-key-reused");
	expect(await quizzesOf(author)).toHaveLength(1);
});

it("5,000 questions become ten quizzes in one request", async () => {
	const author = await newClient();
	const text = Array.from({ length: 5_000 }, (_, index) => `Statement ${index} holds {T}`).join("\n\n");
	const { body } = await sent(author, bytesOf(text), TEXT, "?title=Ten");
	expect([body.created, body.items[0].title, body.items[9].title]).toEqual([10, "Ten (1 of 10)", "Ten (10 of 10)"]);
	expect(body.items.flatMap(({ questions }: { questions: unknown[] }) => questions)).toHaveLength(5_000);
});

it("what is no upload is refused, and nothing is made", async () => {
	const author = await newClient();
	expectProblem(await sent(author, bytesOf(GIFT), { "Content-Type": "image/png" }), "unsupported-media-type");
	expectProblem(await sent(author, bytesOf(GIFT), { ...TEXT, "Content-Encoding": "gzip" }), "unsupported-media-type");
	expectProblem(await sent(author, new Uint8Array(), TEXT), "invalid-request", ["/file"]);
	expectProblem(
		await sent(author, bytesOf("x"), { "Content-Type": "multipart/form-data; boundary=y" }),
		"invalid-request",
	);
	expectProblem(await sent(author, bytesOf(GIFT), TEXT, "?format=word"), "invalid-request", ["/format"]);
	expectProblem(await sent(author, bytesOf(GIFT), TEXT, `?title=${"x".repeat(201)}`), "invalid-request", ["/title"]);
	const data = new FormData();
	data.append("text", "x");
	const field = new Response(data);
	const raw = new Uint8Array(await field.arrayBuffer());
	expectProblem(
		await sent(author, raw, { "Content-Type": field.headers.get("Content-Type") ?? "" }),
		"invalid-request",
		["/text"],
	);
	expectProblem(await sent(author, new Uint8Array(UPLOAD_BYTES_MAX + 1), TEXT), "payload-too-large");
	expect(await quizzesOf(author)).toEqual([]);
});

it("images of a package become the author's, and a quiz goes out with them in every format that has a place for them", async () => {
	const author = await newClient();
	const picture = png(3, 5);
	const choice =
		'<assessmentItem identifier="i" title="T"><responseDeclaration identifier="R" cardinality="single" baseType="identifier"><correctResponse><value>B</value></correctResponse></responseDeclaration><itemBody><p>What is this? <img src="../images/bird.png" alt="A bird"/></p><choiceInteraction responseIdentifier="R" maxChoices="1"><simpleChoice identifier="A">cat</simpleChoice><simpleChoice identifier="B">bird</simpleChoice></choiceInteraction></itemBody></assessmentItem>';
	const archive = zip({ "items/a.xml": choice, "images/bird.png": picture, "images/lie.png": "no picture" });
	const { body } = await sent(author, archive, { "Content-Type": "application/zip" }, "?filename=birds.zip");
	expect(body.items[0]).toMatchObject({ status: "created", questions: [{ status: "imported" }] });
	const { items: media } = (await author.get("/v1/users/me/media")).body;
	expect(media).toMatchObject([{ type: "image/png", width: 3, height: 5, uses: 1 }]);
	const path = `/v1/users/me/quizzes/${body.items[0].quiz}`;
	const { content } = (await author.get(path)).body;
	expect(content.subjects[0].questions[0].image).toEqual({ media: media[0].media, alt: "A bird" });
	for (const [format, type, name] of [
		["qti-package", "application/zip", "qti.zip"],
		["qti-2.1", "application/zip", "qti-2.1.zip"],
		["moodle", "application/xml; charset=utf-8", "moodle.xml"],
		["csv", "text/csv; charset=utf-8", "csv"],
	]) {
		const address = `https://marksheet.test${path}/export?format=${format}`;
		const file = await exports.default.fetch(
			new Request(address, { headers: { Authorization: `Bearer ${author.token}` } }),
		);
		expect([file.status, file.headers.get("Content-Type"), file.headers.get("Content-Disposition")]).toEqual([
			200,
			type,
			`attachment; filename="${body.items[0].quiz}.${name}"`,
		]);
		const again = await newClient();
		const back = await sent(again, new Uint8Array(await file.arrayBuffer()), {
			"Content-Type": "application/octet-stream",
		});
		expect(back.body.items[0]).toMatchObject({ status: "created", question_count: 1 });
		const copy = (await again.get(`/v1/users/me/quizzes/${back.body.items[0].quiz}`)).body.content;
		const isTable = format === "csv";
		expect(copy.subjects[0].questions[0]).toMatchObject({
			options: ["cat", "bird"],
			correctAnswer: 1,
			...(!isTable && { image: { media: media[0].media, alt: "A bird" } }),
		});
	}
});
