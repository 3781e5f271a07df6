import { describe, expect, it } from "vitest";
import { expectProblem, newClient } from "../lib/harness.ts";

/** Gates stand in one order: who may not call learns nothing of what is wrong with the call. */

describe("without the scope", () => {
	it("the balance of the future is forbidden, as any other", async () => {
		const client = await newClient({ scope: "attempts:read" });
		const answer = await client.get(`/v1/users/me/credits?as_of=${Date.now() + 3_600_000}`);
		expectProblem(answer, "forbidden");
		expect(answer.body.required_scope).toBe("credits:read");
	});

	it("an upload is refused before its type and its bytes are looked at", async () => {
		const client = await newClient({ scope: "attempts:read" });
		const answer = await client.request("POST", "/v1/users/me/media", { body: { no: "image" } });
		expectProblem(answer, "forbidden");
		expect(answer.body.required_scope).toBe("quizzes:write");
	});
});

it("with the scope, an upload that is no image is refused for its type", async () => {
	const client = await newClient();
	const answer = await client.request("POST", "/v1/users/me/media", { body: { no: "image" } });
	expectProblem(answer, "unsupported-media-type");
});
