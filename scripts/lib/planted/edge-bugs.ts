import { type PlantedBug, testsOf } from "./bug.ts";

const edge = testsOf("test/edge.test.ts");

/** What stands before the operations, and what becomes of the platform's faults. */
export const EDGE_BUGS: readonly PlantedBug[] = [
	{
		name: "address-from-the-host",
		property: "API8",
		what: "the address of the next page has the origin that the request calls its own",
		file: "src/api/paging.ts",
		search: "publicOriginOf(c.env)",
		replace: "url.origin",
		caughtBy: edge("of the next page, of an image, of a problem and of a quiz's current slug begin with"),
	},
];
