import { expect } from "vitest";
import { Client } from "../../../dev/client.ts";
import { type Signer, signToken } from "../../../dev/signer.ts";
import type { Runtime } from "./two-workers.ts";

export const PRICE = 2;
export const TENANT = "ten_demo";
/** What the tests set of the generator's settings. */
export const settingsFor = (providerUrl: string) => ({
	PROVIDER_URL: providerUrl,
	PROVIDER_KEY: "sk-test",
	MODEL: "stand-in",
	CREDITS_PER_QUESTION: String(PRICE),
	TIMEOUT_MS: "20000",
	HOLD_MARGIN_S: "60",
	SERVICE_ID: "svc_generator",
});

export interface HoldBody {
	id: string;
	status: string;
	settled: number;
	quiz: string | null;
	reason: string | null;
	error: string | null;
	units: number | null;
	tokens_used: number | null;
}

type Totals = Record<"available" | "held" | "granted" | "consumed" | "expired" | "voided", number>;

let serial = 0;

/** A user with credits, who calls the generator and looks at what Marksheet has of it. */
export async function newAuthor(runtime: Runtime, signer: Signer, credits = 100) {
	const user = `usr_gen_${Date.now().toString(36)}${(serial++).toString(36)}`;
	const token = await signToken(signer, { subject: user });
	const author = new Author(user, token, `key-${user}`);
	await author.at(runtime).post("/v1/users/me/credits/grants", { amount: credits, kind: "purchase" });
	// The generator may act for users that Marksheet knows: this one, once the catalog has heard of it.
	await author.at(runtime).caughtUp();
	return author;
}

export class Author {
	readonly user: string;
	readonly token: string;
	readonly key: string;

	constructor(user: string, token: string, key: string) {
		this.user = user;
		this.token = token;
		this.key = key;
	}

	at(runtime: Runtime): Client {
		return new Client(runtime.url, this.token);
	}

	generate(runtime: Runtime, changes: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
		return runtime.generate({
			headers: { Authorization: `Bearer ${this.token}`, "Idempotency-Key": this.key, ...headers },
			body: JSON.stringify({ user: this.user, tenant: TENANT, topic: "The world", questions: 3, ...changes }),
		});
	}

	/** What the user has, after a look that all of it adds up. */
	async account(runtime: Runtime) {
		const client = this.at(runtime);
		const credits = await client.get<Totals>("/v1/users/me/credits");
		const { available, held, granted, consumed, expired, voided } = credits;
		expect(granted).toBe(available + held + consumed + expired + voided);
		const verification = await client.get<{ ok: boolean }>("/v1/users/me/credits/verification");
		expect(verification).toMatchObject({ ok: true });
		const holds = (await client.get<{ items: HoldBody[] }>("/v1/users/me/credits/holds")).items;
		const quizzes = (await client.get<{ items: { id: string; title: string }[] }>("/v1/users/me/quizzes")).items;
		return { available, held, consumed, holds, quizzes };
	}
}
