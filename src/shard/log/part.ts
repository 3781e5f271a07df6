import { type Part, partOf } from "../engine/part.ts";
import { values } from "../engine/table.ts";
import { sameJson } from "../verification/difference.ts";

interface OwnerState {
	owner: { user_id: string; tenant_id: string; opened_at: number } | null;
}

/** Whose shard it is. The log writes this itself, with its first row. */
export const ownerPart: Part<"shard.opened" | "shard.erased", OwnerState> = partOf({
	tables: { shard: { key: ["one"], columns: values("one", "user_id", "tenant_id", "opened_at") } },
	begin: () => ({ owner: null }),
	rows: {
		"shard.opened": (state, { body, at }) => {
			state.owner = { user_id: body.user, tenant_id: body.tenant, opened_at: at };
		},
		// A log that has it has nothing else, and nobody whom it could be verified for.
		"shard.erased": () => undefined,
	},
	compare({ log }, { owner }) {
		if (log.owner() || owner) sameJson("shard", 1, log.owner(), owner);
	},
});
