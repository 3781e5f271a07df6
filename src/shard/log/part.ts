import { type Part, partOf } from "../engine/part.ts";
import { sameJson } from "../verification/difference.ts";

interface OwnerState {
	owner: { user_id: string; tenant_id: string; opened_at: number } | null;
}

/** Whose shard it is. The log writes this itself, with its first row. */
export const ownerPart: Part<"shard.opened", OwnerState> = partOf({
	tables: ["shard"],
	begin: () => ({ owner: null }),
	rows: {
		"shard.opened": (state, { body, at }) => {
			state.owner = { user_id: body.user, tenant_id: body.tenant, opened_at: at };
		},
	},
	compare({ log }, { owner }) {
		if (log.owner() || owner) sameJson("shard", 1, log.owner(), owner);
	},
});
