import { DurableObject } from "cloudflare:workers";

/**
 * The floor: what the platform itself costs here. A Worker, an object per user, one inserted row, an answer; no check of
 * who calls, no marks, no second table. `X-Rows` asks for more rows in the same commit, to see what one more costs.
 */

const ROWS_MAX = 100;

interface FloorEnv {
	ROWS: DurableObjectNamespace<Rows>;
}

export class Rows extends DurableObject<FloorEnv> {
	constructor(ctx: DurableObjectState, env: FloorEnv) {
		super(ctx, env);
		ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT");
	}

	/** @returns the last row's number */
	insert(body: string, rows: number): number {
		const query = "INSERT INTO rows (body) VALUES (?) RETURNING seq";
		let seq = 0;
		for (let n = 0; n < rows; n++) seq = this.ctx.storage.sql.exec<{ seq: number }>(query, body).one().seq;
		return seq;
	}
}

export default {
	async fetch(request, env) {
		const user = request.headers.get("Authorization") ?? "";
		const rows = Number(request.headers.get("X-Rows") ?? 1);
		if (!(rows >= 1 && rows <= ROWS_MAX)) return Response.json({ error: "rows" }, { status: 400 });
		const id = await env.ROWS.getByName(user).insert(await request.text(), rows);
		return Response.json({ id: String(id) }, { status: 201 });
	},
} satisfies ExportedHandler<FloorEnv>;
