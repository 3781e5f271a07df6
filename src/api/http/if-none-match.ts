/** Whether the `If-None-Match` header names the entity tag, by the weak comparison that RFC 9110 asks for. */
export const isKnown = (header: string | undefined, etag: string): boolean =>
	header?.split(",").some((each) => ["*", etag, `W/${etag}`].includes(each.trim())) ?? false;
