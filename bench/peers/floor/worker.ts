import { DurableObject } from "cloudflare:workers";

/**
 * The floor: what the platform itself costs here. A Worker, an object per user, one inserted row, an answer; no check of
 * who calls, no marks, no second table.
 */

interface FloorEnv {
	ROWS: DurableObjectNamespace<Rows>;
}

export class Rows extends DurableObject<FloorEnv> {
	constructor(ctx: DurableObjectState, env: FloorEnv) {
		super(ctx, env);
		ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT");
	}

	insert(body: string): number {
		const query = "INSERT INTO rows (body) VALUES (?) RETURNING seq";
		return this.ctx.storage.sql.exec<{ seq: number }>(query, body).one().seq;
	}
}

export default {
	async fetch(request, env) {
		const user = request.headers.get("Authorization") ?? "";
		const id = await env.ROWS.getByName(user).insert(await request.text());
		return Response.json({ id: String(id) }, { status: 201 });
	},
} satisfies ExportedHandler<FloorEnv>;
