import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** What runs on Node: the commands, against real servers that they start; as many at once as there are processors. */
export default defineConfig({
	test: {
		include: ["test/node/*.test.ts"],
		maxWorkers: availableParallelism(),
		testTimeout: process.env.TEST_LONG ? 1_200_000 : 60_000,
		hookTimeout: 60_000,
		reporters: ["default", ["json", { outputFile: "test-results/node.json" }]],
	},
});
