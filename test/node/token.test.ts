import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureSigner, publicKeySet, type Signer } from "../../dev/signer.ts";
import { command, newStateFolder, removeFolder } from "./harness.ts";

const folder = newStateFolder();
let signer: Signer;
beforeAll(async () => {
	signer = await ensureSigner(folder, "marksheet", "marksheet-api");
});
afterAll(() => removeFolder(folder));

const token = (...args: string[]) => command("token.ts", args, { STATE_DIR: folder });

async function claimsOf(text: string) {
	const keys = createLocalJWKSet(JSON.parse(publicKeySet(signer)));
	const { payload } = await jwtVerify(text.trim(), keys, { issuer: "marksheet", audience: "marksheet-api" });
	return payload;
}

describe("the token command", () => {
	test("prints the token and nothing else", async () => {
		const { code, stdout, stderr } = await token("--user", "usr_ada");
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		expect(stdout).toMatch(/^eyJ\S+\n$/);
		const { sub, tenant, scope } = await claimsOf(stdout);
		expect({ sub, tenant }).toEqual({ sub: "usr_ada", tenant: "ten_demo" });
		expect(String(scope).split(" ")).toEqual(expect.arrayContaining(["attempts:write", "quizzes:write"]));
		expect(scope).not.toMatch(/admin|on-behalf-of/);
	});

	test("takes tenant, scopes, lifetime and who acts", async () => {
		const args = ["--user", "usr_ada", "--tenant", "ten_x", "--scopes", "admin, credits:read", "--service", "svc_gen"];
		const {
			sub,
			tenant,
			scope,
			act,
			exp = 0,
			iat = 0,
		} = await claimsOf((await token(...args, "--ttl-s", "60")).stdout);
		expect({ sub, tenant, scope, act }).toEqual({
			sub: "usr_ada",
			tenant: "ten_x",
			scope: "admin credits:read",
			act: { sub: "svc_gen" },
		});
		expect(exp - iat).toBe(60);
	});

	test("a service by itself is its own subject and may act on behalf of users", async () => {
		const { sub, act, scope } = await claimsOf((await token("--service", "svc_gen")).stdout);
		expect({ sub, act }).toEqual({ sub: "svc_gen", act: undefined });
		expect(scope).toContain("on-behalf-of");
	});

	test.each([
		[["--user", "bob"], /^"bob" is not the id of a user; it must be like usr_ada/],
		[["--user", "svc_x"], /is not the id of a user/],
		[["--user", "usr_ada", "--tenant", "x"], /is not the id of a tenant; it must be like ten_demo/],
		[["--service", "usr_x"], /is not the id of a service/],
		[["--user", "usr_ada", "--scopes", "nope"], /^There is no scope "nope"\. Allowed are: attempts:write, .*admin\.$/m],
		[["--user", "usr_ada", "--ttl-s", "0"], /^--ttl-s is "0"; it must be a whole number from 1 to/],
		[["--user", "usr_ada", "--what"], /^Unknown option '--what'/, 2],
		[[], /^Say for whom\.\n\nUsage: /, 2],
	])("refuses %j clearly", async (args, message, code = 1) => {
		const ended = await token(...args);
		expect(ended).toEqual({ code, stdout: "", stderr: expect.stringMatching(message) });
		expect(ended.stderr).not.toMatch(/^ +at /m);
	});

	test("before the first start says to start", async () => {
		const ended = await command("token.ts", ["--user", "usr_ada"], { STATE_DIR: `${folder}/none` });
		expect(ended).toEqual({
			code: 1,
			stdout: "",
			stderr: expect.stringMatching(/^There is no signing key .+: run npm start first, or set STATE_DIR .+\.\n$/),
		});
	});
});
