import { accepted, type Outcome } from "../../domain/result.ts";
import { type Authorized, asSession } from "./signed-in.ts";
import { withLibrary } from "./with-library.ts";

/** New backup codes in place of those of before, by the password. */
export function renewBackupCodes(
	{ visit, token }: Authorized,
	{ password }: { password: string },
): Promise<Outcome<{ backup_codes: string[] }>> {
	return withLibrary(visit, async ({ api }) => {
		const { backupCodes } = await api.generateBackupCodes({ body: { password }, headers: asSession(token) });
		return accepted({ backup_codes: backupCodes });
	});
}
