import { once } from "node:events";
import { createServer } from "node:net";
import { Failure } from "./failure.ts";

export const HOST = "127.0.0.1";
/** Stands for whichever is free. */
export const ANY_PORT = 0;

/** The port itself, or a free one for 0. @throws Failure if something listens there already */
export async function freePort(port: number): Promise<number> {
	const probe = createServer();
	try {
		probe.listen(port, HOST);
		await once(probe, "listening");
	} catch (error) {
		throw portFailure(port, error instanceof Error && "code" in error ? error.code : undefined);
	}
	const address = probe.address();
	probe.close();
	await once(probe, "close");
	return address !== null && typeof address === "object" ? address.port : port;
}

export function portFailure(port: number, code: unknown): Failure {
	const reason = code === "EACCES" ? "needs more rights than you have" : "is taken";
	return new Failure(`Port ${port} ${reason}. Stop what listens there, or choose another: PORT=8788 npm start`);
}
