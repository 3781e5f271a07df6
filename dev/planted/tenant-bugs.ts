import { type PlantedBug, testsOf } from "./bug.ts";

const queries = testsOf("test/attacks/queries.test.ts");

/** What one tenant may see of another: nothing that is not public. */
export const TENANT_BUGS: readonly PlantedBug[] = [
	{
		name: "usage-of-all-tenants",
		property: "API1",
		what: "a tenant's usage is that of all tenants",
		file: "src/catalog/credits/usage.ts",
		search: "FROM usage_daily WHERE tenant_id = ?1 AND day BETWEEN ?2 AND ?3",
		replace: "FROM usage_daily WHERE ?1 <> '' AND day BETWEEN ?2 AND ?3",
		caughtBy: queries("counts, orders and finds nothing of A's: every answer is as it was before there was an A"),
	},
];
