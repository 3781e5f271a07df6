import { faults } from "./faults.ts";

const DELAY_S_MAX = 8;
/** Messages that are kept back go after so many later ones. */
const OVERTAKEN_BY = 2;

interface Kept {
	message: unknown;
	overtaken: number;
}

const kept: Kept[] = [];

/** A queue that loses, repeats, delays and reorders messages, and refuses some or loses its answer. */
export function faultyQueue<T>(target: Queue<T>): Queue<T> {
	return new Proxy(target, {
		get(_, name) {
			const member: unknown = Reflect.get(target, name, target);
			if (typeof member !== "function") return member;
			if (name === "send") return (message: T) => send(target, message);
			return (...args: unknown[]): unknown => Reflect.apply(member, target, args);
		},
	});
}

async function send<T>(queue: Queue<T>, message: T): Promise<void> {
	const put = async (body: unknown, options?: QueueSendOptions) => {
		// What was kept back came in as a message of this very queue.
		await queue.send(body as T, options);
		faults.borne.sent++;
	};
	const fault = faults.plan ? faults.random.weighted(faults.plan.send) : "none";
	if (fault !== "none") faults.noted(fault);
	switch (fault) {
		case "message_dropped":
			return;
		case "send_refused":
			throw new Error("Queue send failed");
		case "message_reordered":
			kept.push({ message, overtaken: 0 });
			return;
		case "message_delayed":
			await put(message, { delaySeconds: faults.random.between(1, DELAY_S_MAX) });
			break;
		case "message_duplicated":
			await put(message);
			await put(message, { delaySeconds: faults.random.below(DELAY_S_MAX) });
			break;
		case "send_answer_lost":
			await put(message);
			throw new Error("Queue send: network connection lost");
		case "none":
			await put(message);
	}
	for (const late of kept) late.overtaken++;
	const due = kept.filter(({ overtaken }) => overtaken >= OVERTAKEN_BY);
	for (const late of due) kept.splice(kept.indexOf(late), 1);
	for (const late of due) await put(late.message);
}
