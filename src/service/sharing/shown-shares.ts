import type { OwnShare } from "../../shard/sharing/share-commands.ts";

/** A share as it is shown: without the hash of its code. */
export const shownShare = ({ code_hash: _, ...share }: OwnShare) => share;
