import { accepted, type Outcome, refused } from "../../domain/result.ts";
import { type Authorized, asSession } from "./signed-in.ts";
import { withLibrary } from "./with-library.ts";

/** A second factor that waits to be confirmed by a code of it. Both are shown here and nowhere else. */
export interface NewFactor {
	/** `otpauth://…`, for an authenticator. */
	totp_uri: string;
	backup_codes: string[];
}

/** Begins with a second factor, by the password. It counts once a code of it was verified; another begin takes its place until then. */
export async function enableTwoFactor(
	{ visit, token }: Authorized,
	{ password }: { password: string },
): Promise<Outcome<NewFactor>> {
	try {
		return await withLibrary(visit, async ({ api }) => {
			const factor = await api.enableTwoFactor({ body: { password, method: "totp" }, headers: asSession(token) });
			if (factor.method !== "totp") throw new Error("the library has made another factor than was asked for");
			return accepted({ totp_uri: factor.totpURI, backup_codes: factor.backupCodes });
		});
	} catch (error) {
		if (isBegun(error)) return BEGUN;
		throw error;
	}
}

/** Another request has begun with one since this one looked. */
const isBegun = (error: unknown) => /UNIQUE constraint failed: second_factors\.account_id/.test(String(error));

const BEGUN = refused({ code: "conflict", detail: "Another request has begun with a second factor meanwhile." });
