import { faults } from "./faults.ts";

/** Calls that reach the database; the others only make what is called. */
const REACHING: ReadonlySet<string | symbol> = new Set(["first", "run", "all", "raw", "batch", "exec"]);
const SLOW_MS = 300;

/** As D1 says it when it is not there, and when it says no more than that. */
const MESSAGES = [
	"D1_ERROR: Network connection lost.",
	"D1_ERROR: D1 DB is overloaded. Too many requests queued.",
	"D1_ERROR: internal error",
] as const;

const realOf = new WeakMap<object, object>();
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const real = (value: unknown): unknown => (isObject(value) ? (realOf.get(value) ?? value) : value);

/** A database, or what one has made, whose calls are slow or fail: before they are carried out, or after. */
export function faultyDatabase<T extends object>(target: T): T {
	const proxy = new Proxy(target, {
		get(_, name) {
			const member: unknown = Reflect.get(target, name, target);
			if (typeof member !== "function") return member;
			return (...args: unknown[]) => {
				const reals = args.map((arg) => (Array.isArray(arg) ? arg.map(real) : arg));
				const call = (): unknown => Reflect.apply(member, target, reals);
				if (REACHING.has(name)) return reach(call, name === "batch");
				const made = call();
				return isObject(made) ? faultyDatabase(made) : made;
			};
		},
	});
	realOf.set(proxy, target);
	return proxy;
}

async function reach(call: () => unknown, isTransaction: boolean): Promise<unknown> {
	switch (faults.takeDatabaseCall(isTransaction)) {
		case "as it is":
			return call();
		case "d1_slow":
			await scheduler.wait(SLOW_MS);
			return call();
		case "d1_answer_lost":
			await call();
			throw new Error(faults.random.pick(MESSAGES));
		case "d1_refused":
			throw new Error(faults.random.pick(MESSAGES));
	}
}
