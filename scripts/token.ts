import { TOKEN_LIFE_S_MAX } from "../src/domain/limits.ts";
import { Failure, run } from "./lib/failure.ts";
import { parseArguments, stateDir, wholeNumber } from "./lib/settings.ts";
import { ALL_SCOPES, readSigner, requireId, signToken, USER_SCOPES } from "./lib/signer.ts";

/** Prints a token for the local server, and nothing else: `TOKEN=$(npm run -s token -- --user usr_ada)`. */

const USAGE = "npm run -s token -- --user usr_… [--tenant ten_…] [--scopes a,b] [--service svc_…] [--ttl-s N]";

await run(async () => {
	const { values } = parseArguments(
		{
			options: {
				user: { type: "string" },
				tenant: { type: "string" },
				service: { type: "string" },
				scopes: { type: "string" },
				"ttl-s": { type: "string" },
			},
		},
		USAGE,
	);
	const { user, service, tenant, scopes, "ttl-s": ttl } = values;
	const signer = readSigner(stateDir());
	if (user === undefined && service === undefined) throw new Failure(`Say for whom.\nUsage: ${USAGE}`);
	if (user !== undefined) requireId("user", user);
	if (service !== undefined) requireId("service", service);
	// A service by itself has no shard: without acting on behalf of users it could only read the catalog.
	const usual = user === undefined ? ALL_SCOPES.filter((scope) => scope !== "admin") : USER_SCOPES;
	const token = await signToken(signer, {
		subject: user ?? service ?? "",
		actor: user === undefined ? undefined : service,
		tenant,
		scopes: scopes?.split(",").map((scope) => scope.trim()) ?? usual,
		ttl_s: ttl === undefined ? undefined : wholeNumber("ttl-s", ttl, 1, TOKEN_LIFE_S_MAX),
	});
	console.log(token);
});
