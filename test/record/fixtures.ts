import { expect } from "vitest";
import { testEnv } from "../lib/harness.ts";

/** Writes a file of test/fixtures. */
export async function keepFixture(name: string, text: string): Promise<void> {
	const { FIXTURES } = testEnv as unknown as { FIXTURES: Fetcher };
	const kept = await FIXTURES.fetch(`http://fixtures/${name}`, { method: "POST", body: text });
	expect(await kept.text()).toBe("kept");
}
