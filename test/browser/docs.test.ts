import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newQuietStateFolder, removeFolder, type Server, startServer } from "../node/harness.ts";

const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-sync", ...QUIET];
const OPERATION = ".opblock";

const folder = newQuietStateFolder();
let server: Server;
let browser: Browser;
let page: Page;
const requests: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
	if (!existsSync(CHROMIUM)) throw new Error(`No Chromium at ${CHROMIUM}: install it, or set CHROMIUM_PATH.`);
	server = await startServer(folder);
	browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
	page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
	page.on("request", (request) => requests.push(request.url()));
	page.on("console", (message) => {
		if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
	});
	page.on("pageerror", (error) => complaints.push(String(error)));
	await page.goto(`${server.url}/docs`);
	await page.waitForSelector(OPERATION);
});
afterAll(async () => {
	await browser?.close();
	await server?.stop();
	removeFolder(folder);
});

async function operations(): Promise<number> {
	const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
	return Object.values(document.paths).flatMap(Object.keys).length;
}

describe("the reference in a browser", () => {
	test("shows every operation of the API", async () => {
		expect(await page.locator(OPERATION).count()).toBe(await operations());
		if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
	});

	test("calls an operation of this server with the token that start printed", async () => {
		await page.getByRole("button", { name: "Authorize" }).click();
		const tokens = page.locator(".auth-container form", { hasText: "token (http, Bearer)" });
		await tokens.locator("input").fill(server.token);
		await tokens.getByRole("button", { name: "Apply credentials" }).click();
		await tokens.locator(".btn-done").click();
		const list = page.locator(OPERATION, { hasText: "Published quizzes that you may see" });
		await list.locator(".opblock-summary-control").click();
		await list.getByRole("button", { name: "Try it out" }).click();
		await list.getByRole("button", { name: "Execute" }).click();
		const status = list.locator(".live-responses-table .response-col_status").nth(1);
		await status.waitFor();
		expect(await status.textContent()).toMatch(/^200/);
	});

	test("asks no other origin for anything, and the browser complains of nothing", () => {
		expect(requests.length).toBeGreaterThanOrEqual(5);
		const elsewhere = requests.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith("data:"));
		expect(elsewhere).toEqual([]);
		expect(complaints).toEqual([]);
	});
});
