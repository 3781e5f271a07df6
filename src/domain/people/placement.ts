/**
 * Where objects are. The id of a tenant says it, and so do the ids of its users, so that an object is found without a read and can
 * never be looked for elsewhere: `ten_…` is anywhere, `ten_…-eu` in a jurisdiction, `ten_…-eu-weur` in a jurisdiction with a hint of the
 * location, `ten_…--weur` where the hint says; and `usr_…` in the same ways. It is fixed when the tenant is made.
 */

/** What the platform guarantees: data stays there. */
export const JURISDICTIONS = ["eu", "fedramp"] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** Where the platform is asked to put objects; it does what it can. */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Region = (typeof REGIONS)[number];

export interface Placement {
	jurisdiction: Jurisdiction | null;
	region: Region | null;
}

/** 24 characters have ids that were minted, 26 those of users of other issuers. */
const PLACED = new RegExp(
	`^(?:ten|usr)_[0-9a-hjkmnp-tv-z]{24,26}-(${JURISDICTIONS.join("|")})?(?:-(${REGIONS.join("|")}))?$`,
);

/** Of the id of a tenant or of a user. One that was not minted with a placement is anywhere. */
export function placementOf(id: string): Placement {
	const [, jurisdiction = "", region = ""] = PLACED.exec(id) ?? [];
	return {
		jurisdiction: JURISDICTIONS.find((name) => name === jurisdiction) ?? null,
		region: REGIONS.find((name) => name === region) ?? null,
	};
}

/** The end of an id that says a placement. */
export function placementSuffix({ jurisdiction, region }: Placement): string {
	if (region !== null) return `-${jurisdiction ?? ""}-${region}`;
	return jurisdiction === null ? "" : `-${jurisdiction}`;
}
