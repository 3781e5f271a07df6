import type { OwnShare } from "../../shard/sharing/share-commands.ts";

/** A share as it is shown: without the hash of its code. */
export const shownShare = ({
	id,
	quiz,
	access,
	status,
	expires_at,
	max_uses,
	uses,
	created_at,
	revoked_at,
}: OwnShare) => ({
	id,
	quiz,
	access,
	status,
	expires_at,
	max_uses,
	uses,
	created_at,
	revoked_at,
});
