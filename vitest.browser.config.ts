import { defineConfig } from "vitest/config";

/** What a browser sees of a real server. It is the system's own Chromium, or the one that CHROMIUM_PATH names. */
export default defineConfig({
	test: {
		include: ["test/browser/*.test.ts"],
		testTimeout: 60_000,
		hookTimeout: 60_000,
		reporters: ["default", ["json", { outputFile: "test-results/browser.json" }]],
	},
});
