import { defineConfig } from "vitest/config";

/** What runs on Node: the commands, against real servers that they start. One file at a time, since each starts its own. */
export default defineConfig({
	test: {
		include: ["test/node/*.test.ts"],
		fileParallelism: false,
		testTimeout: 60_000,
		hookTimeout: 60_000,
		reporters: ["default", ["json", { outputFile: "test-results/node.json" }]],
	},
});
