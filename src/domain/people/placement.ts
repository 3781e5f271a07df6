/**
 * Where the objects of a tenant are. The tenant's id says it, so that no read is needed to find an object and so that it can never
 * change: `ten_…` anywhere, `ten_…-eu` in a jurisdiction, `ten_…-eu-weur` with a hint of the location, `ten_…--weur` with a hint alone.
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

const PLACED = new RegExp(`^ten_[0-9a-hjkmnp-tv-z]{24}-(${JURISDICTIONS.join("|")})?(?:-(${REGIONS.join("|")}))?$`);

const isJurisdiction = (text: string): text is Jurisdiction => JURISDICTIONS.some((name) => name === text);
const isRegion = (text: string): text is Region => REGIONS.some((name) => name === text);

/** Of an id that was not minted with a placement: anywhere. */
export function placementOf(tenant: string): Placement {
	const [, jurisdiction = "", region = ""] = PLACED.exec(tenant) ?? [];
	return {
		jurisdiction: isJurisdiction(jurisdiction) ? jurisdiction : null,
		region: isRegion(region) ? region : null,
	};
}

/** The end of a minted tenant's id. */
export function placementSuffix({ jurisdiction, region }: Placement): string {
	if (region !== null) return `-${jurisdiction ?? ""}-${region}`;
	return jurisdiction === null ? "" : `-${jurisdiction}`;
}
