import type { TestProject } from "vitest/node";
import { newQuietStateFolder, removeFolder, startServer } from "../node/harness.ts";
import type {} from "./provided.ts";

/** A server for all journeys, with the token that it prints. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const folder = newQuietStateFolder();
	const server = await startServer(folder);
	project.provide("url", server.url);
	project.provide("token", server.token);
	return async () => {
		await server.stop();
		removeFolder(folder);
	};
}
