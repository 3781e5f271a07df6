import { vi } from "vitest";
import { INSTALLATION } from "../../src/domain/people/installation.ts";
import { testEnv } from "./harness.ts";

/** Until mocks are restored, what the operator does is not told to the installation's own log, whose cursor would be another one at each look. */
export function holdBackInstallation(): void {
	const getByName = testEnv.SHARDS.getByName.bind(testEnv.SHARDS);
	vi.spyOn(testEnv.SHARDS, "getByName").mockImplementation((name, options) => {
		if (name === INSTALLATION) throw new Error("the installation's log is held back");
		return getByName(name, options);
	});
}
