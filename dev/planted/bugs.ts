import { ACCESS_BUGS } from "./access-bugs.ts";
import type { PlantedBug } from "./bug.ts";
import { CATALOG_BUGS } from "./catalog-bugs.ts";
import { CREDIT_BUGS } from "./credit-bugs.ts";
import { EDGE_BUGS } from "./edge-bugs.ts";
import { INTERCHANGE_BUGS } from "./interchange-bugs.ts";
import { PARTY_BUGS } from "./party-bugs.ts";
import { SEARCH_BUGS } from "./search-bugs.ts";
import { SECRET_BUGS } from "./secret-bugs.ts";
import { SENDER_BUGS } from "./sender-bugs.ts";
import { SHARD_BUGS } from "./shard-bugs.ts";
import { TENANT_BUGS } from "./tenant-bugs.ts";

/** Every bug that `npm run test:planted` plants. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
	...SHARD_BUGS,
	...CREDIT_BUGS,
	...SENDER_BUGS,
	...CATALOG_BUGS,
	...ACCESS_BUGS,
	...EDGE_BUGS,
	...INTERCHANGE_BUGS,
	...PARTY_BUGS,
	...SEARCH_BUGS,
	...SECRET_BUGS,
	...TENANT_BUGS,
];
