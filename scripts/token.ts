import { Misuse, parseCommandLine } from "../dev/command-line.ts";
import { run } from "../dev/failure.ts";
import { stateDir, wholeNumber } from "../dev/settings.ts";
import { ALL_SCOPES, DEMO_TENANT, readSigner, requireId, signToken, USER_SCOPES } from "../dev/signer.ts";
import { TOKEN_LIFE_S_MAX } from "../src/domain/limits.ts";

/** Prints a token for the local server, and nothing else: `TOKEN=$(npm run -s token -- --user usr_ada)`. */

const COMMAND = {
	usage: "npm run -s token -- --user usr_… [OPTIONS]",
	about: "Prints a token for the local server, and nothing else.",
	options: {
		user: { type: "string", value: "usr_…", about: "whom it is for" },
		service: {
			type: "string",
			value: "svc_…",
			about: "which service acts for the user; without one, the token is the service's own",
		},
		tenant: { type: "string", default: DEMO_TENANT, about: "the tenant" },
		scopes: { type: "string", value: "a,b", about: "what it allows: what a user may do, or a service, unless told" },
		"ttl-s": { type: "string", value: "N", about: "how many seconds it is good for" },
	},
} as const;

await run(async () => {
	const { values } = parseCommandLine(COMMAND);
	const { user, service, tenant, scopes, "ttl-s": ttl } = values;
	const signer = readSigner(stateDir());
	if (user === undefined && service === undefined) throw new Misuse("Say for whom.", COMMAND);
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
