import { listKeptMails } from "../../service/mail/list-kept-mails.ts";
import { ProblemError } from "../http/problem.ts";
import { newApp, route, shows } from "../http/route.ts";
import { keptMails, mailQuery } from "./schemas.ts";

/** What a developer needs in place of a mailbox. */
export const mailRoutes = newApp();

mailRoutes.openapi(
	route({
		method: "get",
		path: "/dev/mail",
		tag: "sign-in",
		security: [],
		operationId: "listKeptMails",
		summary: "Mail that was kept instead of sent",
		description:
			"Only on a developer's machine, where no mail is sent; anywhere else there is nothing at this address.",
		request: { query: mailQuery },
		responses: shows(keptMails, "The mails"),
	}),
	async (c) => {
		if (c.env.ENVIRONMENT !== "local") throw new ProblemError("not-found", "There is nothing at this address.");
		return c.json({ items: await listKeptMails(c.env, c.req.valid("query")) }, 200);
	},
);
