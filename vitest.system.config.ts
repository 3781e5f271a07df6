import { defineConfig } from "vitest/config";

/** What needs more of the system than a user has: root on Linux, to mount a small disk. */
export default defineConfig({
	test: {
		include: ["test/system/*.test.ts"],
		fileParallelism: false,
		testTimeout: 60_000,
		hookTimeout: 60_000,
		reporters: ["default", ["json", { outputFile: "test-results/system.json" }]],
	},
});
