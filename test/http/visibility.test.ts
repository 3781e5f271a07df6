import { describe, expect, it } from "vitest";
import { type Answer, type Client, caughtUp, fresh, newClient, publishedQuiz, quizDocument } from "../lib/harness.ts";
import { document, OPERATIONS, type Operation } from "../lib/operations.ts";

/**
 * Who sees what: every read path of a quiz × every visibility and every end of a publication × every reader. A new read path
 * is a row of PATHS, a new state of a quiz a row of STATES.
 */

interface Quiz {
	id: string;
	title: string;
	slug: string;
	tenant: string;
	owner: Client;
	/** That this quiz alone has. */
	tag: string;
	/** A public quiz like this one. */
	sibling: string;
}

/** Whether the reader finds the quiz on this path. Anything but finding it or 404 fails. */
type Path = (reader: Client, quiz: Quiz) => Promise<boolean>;

function isThere(answer: Answer, success = 200): boolean {
	expect([success, 404]).toContain(answer.status);
	return answer.status === success;
}

async function isListed(reader: Client, query: string, quiz: Quiz): Promise<boolean> {
	const { status, body } = await reader.get(`/v1/quizzes?limit=100&${query}`);
	expect(status).toBe(200);
	return body.items.some(({ id }: { id: string }) => id === quiz.id);
}

const PATHS: Record<string, Path> = {
	list: async (reader, quiz) => {
		const { body } = await reader.get("/v1/quizzes?limit=100");
		return body.items.some(({ id }: { id: string }) => id === quiz.id);
	},
	search: (reader, quiz) => isListed(reader, `q=${encodeURIComponent(quiz.title)}`, quiz),
	"search by relevance with filters": (reader, quiz) =>
		isListed(reader, `q=question&tag=${quiz.tag}&author=${quiz.owner.user}`, quiz),
	"list by filter": (reader, quiz) => isListed(reader, `author=${quiz.owner.user}`, quiz),
	...Object.fromEntries(
		["popular", "rating", "title"].map((sort): [string, Path] => [
			`list, ${sort}`,
			(reader, quiz) => isListed(reader, `sort=${sort}&tag=${quiz.tag}`, quiz),
		]),
	),
	facets: async (reader, quiz) => {
		const { body } = await reader.get(`/v1/quizzes?facets=true&q=${quiz.tag}`);
		return body.facets.by_tag.some(({ value }: { value: string }) => value === quiz.tag);
	},
	"related to another": async (reader, quiz) => {
		const { body } = await reader.get(`/v1/quizzes/${quiz.sibling}/related`);
		return body.items.some(({ id }: { id: string }) => id === quiz.id);
	},
	related: async (reader, quiz) => isThere(await reader.get(`/v1/quizzes/${quiz.id}/related`)),
	"among the favourites": async (reader, quiz) => isThere(await reader.put(`/v1/users/me/favorites/${quiz.id}`)),
	"among the likes": async (reader, quiz) => isThere(await reader.put(`/v1/users/me/likes/${quiz.id}`)),
	...Object.fromEntries(
		["favorites", "likes"].map((kind): [string, Path] => [
			`in the list of ${kind}`,
			async (reader, quiz) => {
				const { items } = (await reader.get(`/v1/users/me/${kind}`)).body;
				return items.some((item: { published_quiz: { id: string } | null }) => item.published_quiz?.id === quiz.id);
			},
		]),
	),
	get: async (reader, quiz) => isThere(await reader.get(`/v1/quizzes/${quiz.id}`)),
	"get what is known": async (reader, quiz) => {
		const headers = { "If-None-Match": "*" };
		return isThere(await reader.request("GET", `/v1/quizzes/${quiz.id}`, { headers }), 304);
	},
	statistics: async (reader, quiz) => isThere(await reader.get(`/v1/quizzes/${quiz.id}/statistics`)),
	"by slug": async (reader, quiz) => isThere(await reader.get(`/v1/slugs/${quiz.slug}?tenant=${quiz.tenant}`)),
	attempt: async (reader, quiz) =>
		isThere(await reader.post("/v1/users/me/attempts", { quiz: quiz.id, answers: {} }), 201),
	"in a collection": async (reader, quiz) => {
		const list = { title: "Whatever the reader knows of", quizzes: [quiz.id] };
		const { body } = await reader.post("/v1/users/me/collections", list, { Prefer: "wait=20" });
		const shown = (await reader.get(`/v1/collections/${body.id}`)).body.published_quizzes;
		return shown.some(({ id }: { id: string }) => id === quiz.id);
	},
	"own list": async (reader, quiz) => {
		const lists = await Promise.all(
			["false", "true"].map((deleted) => reader.get(`/v1/users/me/quizzes?deleted=${deleted}`)),
		);
		return lists.some(({ body }) => body.items.some(({ id }: { id: string }) => id === quiz.id));
	},
	"own content": async (reader, quiz) => isThere(await reader.get(`/v1/users/me/quizzes/${quiz.id}`)),
	"own export": async (reader, quiz) => isThere(await reader.get(`/v1/users/me/quizzes/${quiz.id}/export`)),
	"own difference": async (reader, quiz) =>
		isThere(await reader.get(`/v1/users/me/quizzes/${quiz.id}/versions/1/diff?against=draft`)),
	"own shares": async (reader, quiz) => isThere(await reader.get(`/v1/users/me/quizzes/${quiz.id}/shares`)),
	"own versions": async (reader, quiz) => isThere(await reader.get(`/v1/users/me/quizzes/${quiz.id}/versions`)),
	"own version": async (reader, quiz) => isThere(await reader.get(`/v1/users/me/quizzes/${quiz.id}/versions/1`)),
};

const READERS = ["owner", "same tenant", "other tenant"] as const;
type Reader = (typeof READERS)[number];
const OWN = Object.keys(PATHS).filter((path) => path.startsWith("own "));
const CATALOG = Object.keys(PATHS).filter((path) => !OWN.includes(path));

interface State {
	visibility: "private" | "tenant" | "public";
	/** What happens after the publication. */
	end?: (author: Client, quiz: string) => Promise<Answer>;
	/** What each reader finds; the owner always finds what is the owner's. */
	sees: Partial<Record<Reader, string[]>>;
}

const at = (quiz: string, rest = "") => `/v1/users/me/quizzes/${quiz}${rest}`;
const status = (author: Client, quiz: string, to: string) => author.put(at(quiz, "/status"), { status: to });
const all = { owner: CATALOG, "same tenant": CATALOG, "other tenant": CATALOG };

const STATES: Record<string, State> = {
	private: { visibility: "private", sees: { owner: CATALOG } },
	tenant: { visibility: "tenant", sees: { owner: CATALOG, "same tenant": CATALOG } },
	public: { visibility: "public", sees: all },
	"made private after it was public": {
		visibility: "public",
		end: (author, quiz) => author.put(at(quiz, "/publication"), { visibility: "private" }),
		sees: { owner: CATALOG },
	},
	"with a draft that was changed": {
		visibility: "public",
		end: (author, quiz) => author.put(at(quiz), quizDocument("Draft"), { "If-Match": "*" }),
		sees: all,
	},
	withdrawn: {
		visibility: "public",
		end: (author, quiz) => author.request("DELETE", at(quiz, "/publication")),
		sees: { owner: ["statistics"] },
	},
	archived: {
		visibility: "public",
		end: (author, quiz) => status(author, quiz, "archived"),
		sees: { owner: ["statistics"] },
	},
	"taken out of the archive": {
		visibility: "public",
		end: async (author, quiz) => {
			await status(author, quiz, "archived");
			return status(author, quiz, "draft");
		},
		sees: { owner: ["statistics"] },
	},
	deleted: { visibility: "public", end: (author, quiz) => author.request("DELETE", at(quiz)), sees: {} },
	undeleted: {
		visibility: "public",
		end: async (author, quiz) => {
			await author.request("DELETE", at(quiz));
			return author.post(at(quiz, "/undeletion"));
		},
		sees: { owner: ["statistics"] },
	},
};

/** What says something of a quiz, in the document of the API. */
const OF_QUIZZES = ["CatalogQuiz", "QuizContent", "QuizDiff", "QuizHead", "QuizStatistics", "QuizVersionHead"];

/** Names of the document's schemas that a part of it refers to, those that they refer to included. */
function schemasIn(part: unknown, known = new Set<string>()): Set<string> {
	for (const [, name = ""] of JSON.stringify(part ?? null).matchAll(/#\/components\/schemas\/(\w+)/g)) {
		if (!known.has(name)) schemasIn(document.components.schemas[name], known.add(name));
	}
	return known;
}

it("every operation of the document that shows quizzes is on one of the paths", async () => {
	const asked = new Set<string>();
	/** Lists have nothing in them, and nothing else is there. */
	const request: Client["request"] = async (_, path) => {
		asked.add(path.replace(/\?.*/, ""));
		const body = { id: "col_1", items: [], published_quizzes: [], facets: { by_tag: [] } };
		return { status: path.includes("limit=") ? 200 : 404, headers: new Headers(), body, text: "" };
	};
	const send = (path: string) => request("", path);
	const reader = { ...(await newClient()), request, get: send, post: send, put: send };
	const quiz = { id: "quz_1", title: "t", slug: "s", tenant: "ten_1", owner: reader, tag: "t", sibling: "quz_2" };
	for (const find of Object.values(PATHS)) await find(reader, quiz);
	const shows = OPERATIONS.filter(({ method, path }) => {
		const names = schemasIn(document.paths[path][method.toLowerCase()].responses["200"]);
		return method === "GET" && OF_QUIZZES.some((name) => names.has(name));
	});
	expect(shows.length).toBeGreaterThan(10);
	const isAsked = ({ path }: Operation) => {
		const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`);
		return [...asked].some((each) => pattern.test(each));
	};
	expect(shows.filter((operation) => !isAsked(operation)).map(({ name }) => name)).toEqual([]);
	for (const name of OF_QUIZZES) expect(document.components.schemas).toHaveProperty(name);
});

describe.each(Object.entries(STATES))("a quiz that is %s", (_, { visibility, end, sees }) => {
	it("is found by those who may, on each path, and by nobody else", async () => {
		const tenant = fresh("ten");
		const author = await newClient({ tenant });
		const readers = { owner: author, "same tenant": await newClient({ tenant }), "other tenant": await newClient() };
		const title = `Seen ${fresh("t")}`.replaceAll("_", " ");
		const tag = fresh("tag").replaceAll("_", "");
		const id = await publishedQuiz(author, { ...quizDocument(title), tags: [tag] }, visibility);
		const sibling = await publishedQuiz(await newClient(), quizDocument(`Sibling of ${title}`));
		const { slug } = (await author.get(at(id))).body;
		if (end) expect((await end(author, id)).status).toBe(200);
		await caughtUp(author);
		const quiz = { id, title, slug, tenant, owner: author, tag, sibling };
		const found: Record<string, string[]> = {};
		const expected: Record<string, string[]> = {};
		for (const name of READERS) {
			expected[name] = [...(sees[name] ?? []), ...(name === "owner" ? OWN : [])].sort();
			found[name] = [];
			for (const [path, find] of Object.entries(PATHS)) {
				if (await find(readers[name], quiz)) found[name].push(path);
			}
			found[name].sort();
		}
		expect(found).toEqual(expected);
	});
});
