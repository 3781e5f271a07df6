import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { FILE_FORMATS } from "../../domain/interchange/formats.ts";
import { UPLOAD_BYTES_MAX, UPLOAD_FILES_MAX } from "../../domain/interchange/limits.ts";
import type { SourceFile } from "../../domain/interchange/read-files.ts";
import type { HonoEnv } from "../../env.ts";
import { importQuizzes } from "../../service/interchange/import-quizzes.ts";
import { answer } from "../http/answer.ts";
import { ctxOf } from "../http/context.ts";
import { readLimited } from "../http/json-body.ts";
import { invalid, ProblemError } from "../http/problem.ts";
import { changed, keyedHeaders, needs, newApp, route } from "../http/route.ts";
import * as schemas from "../schemas.ts";
import { importResult, UPLOAD_TYPES } from "./schemas.ts";

const MULTIPART = "multipart/form-data";

const binary = { schema: { type: "string" as const, format: "binary" } };
/** A schema of the document alone: the parts of a form are read by hand. */
const parts = { schema: { $ref: "#/components/schemas/UploadedFiles" } };

const query = z.object({
	format: z.enum(FILE_FORMATS).optional().describe("What the files are, where they do not tell"),
	title: z.string().optional().describe("Title of the first quiz; absent: that of the source, or the name of its file"),
	filename: z.string().min(1).max(255).optional().describe("Name of a file that is the body itself"),
	dry_run: z
		.enum(["true", "false"])
		.default("false")
		.describe("`true`: nothing is made; the answer says what would be"),
});

/** Quizzes from files, as they lie on a disk. */
export const importFileRoutes = newApp();

importFileRoutes.openapi(
	route(
		{
			method: "post",
			path: "/v1/users/{user}/quizzes/imports/files",
			tag: "authoring",
			operationId: "importFiles",
			summary: "Import files of questions as drafts",
			...needs(
				"quizzes:write",
				`The body is a file, or a form with several, of at most ${UPLOAD_BYTES_MAX} bytes: GIFT, QTI 1.2 to 3.0, Moodle XML, Aiken, CSV, ` +
					"XLSX, Open Trivia DB, JSON, and ZIP packages of them. What a file is is told from what it holds. What cannot be read is rejected by " +
					"its file, and the others are imported.",
			),
			request: {
				params: z.object({ user: schemas.userParam }),
				query,
				headers: keyedHeaders,
				body: {
					content: { [MULTIPART]: parts, ...Object.fromEntries(UPLOAD_TYPES.map((type) => [type, binary])) },
					required: true as const,
				},
			},
			responses: changed(200, importResult, "What became of each quiz"),
		},
		"idempotency-key-reused",
	),
	async (c) => {
		const { user } = c.req.valid("param");
		const { format = null, title, filename, dry_run } = c.req.valid("query");
		const { bytes, files } = await filesOf(c, filename);
		const source = { format: "files" as const, files, as: format, ...(title !== undefined && { title }) };
		const digest = createHash("sha256")
			.update(JSON.stringify([format, title, filename, dry_run]))
			.update(bytes)
			.digest("hex");
		const { value, status } = await answer(
			c,
			await importQuizzes(ctxOf(c), { user, source, digest, dry_run: dry_run === "true" }),
			200,
		);
		return c.json(value, status);
	},
);

/** Reads the body, no further than its limit, and the files in it. */
async function filesOf(
	c: Context<HonoEnv>,
	filename: string | undefined,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; files: SourceFile[] }> {
	const header = c.req.header("Content-Type");
	const type = header?.split(";")[0]?.trim().toLowerCase() ?? "";
	if (type !== MULTIPART && !UPLOAD_TYPES.some((known) => known === type)) {
		const detail = header ? `The body's type is ${header}` : "The body has no Content-Type";
		throw new ProblemError(
			"unsupported-media-type",
			`${detail}; it must be ${MULTIPART} or one of ${UPLOAD_TYPES.join(", ")}.`,
		);
	}
	const encoding = c.req.header("Content-Encoding");
	if (encoding && encoding !== "identity") {
		throw new ProblemError("unsupported-media-type", "Bodies are not decompressed; send it without Content-Encoding.");
	}
	const bytes = new Uint8Array(
		await readLimited(c.req.raw.body, Number(c.req.header("Content-Length") ?? 0), UPLOAD_BYTES_MAX),
	);
	const files = type === MULTIPART ? await partsOf(bytes, header ?? "") : [{ name: filename ?? "upload", bytes }];
	if (files.every((file) => file.bytes.length === 0))
		throw invalid("There is nothing to import.", [{ pointer: "/file", detail: "No file, or an empty one." }]);
	return { bytes, files };
}

/** The files of a form. Fields that are no files are not known. */
async function partsOf(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<SourceFile[]> {
	let form: FormData;
	try {
		form = await new Response(bytes, { headers: { "Content-Type": type } }).formData();
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		throw invalid("The body is not the form that it says.", [
			{ pointer: "", detail: "The parts of the form cannot be read." },
		]);
	}
	const files: SourceFile[] = [];
	for (const [name, value] of form) {
		if (typeof value === "string")
			throw invalid("The form has a field that is no file.", [
				{ pointer: `/${name}`, detail: "This field is not known; send files alone." },
			]);
		if (files.length >= UPLOAD_FILES_MAX)
			throw invalid("There are too many files.", [{ pointer: "/file", detail: `At most ${UPLOAD_FILES_MAX}.` }]);
		files.push({ name: value.name || "upload", bytes: new Uint8Array(await value.arrayBuffer()) });
	}
	return files;
}
