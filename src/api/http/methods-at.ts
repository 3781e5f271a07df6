interface Routes {
	routes: { method: string; path: string }[];
}

/** The methods of a path, in alphabetical order; none where there is nothing. */
export type MethodsAt = (path: string) => string[];

/** @param app whose routes are looked at when they are asked for first: all of them must be there by then */
export function methodsAtOf(app: Routes): MethodsAt {
	let known: { method: string; segments: string[] }[] | undefined;
	return function methodsAt(path) {
		known ??= app.routes
			.filter(({ method }) => method !== "ALL")
			.map(({ method, path }) => ({ method, segments: path.split("/") }));
		const segments = path.split("/");
		const fitting = known.filter((route) => fits(route.segments, segments));
		// `…/quizzes/imports` is a path of its own and no quiz.
		const literals = Math.max(...fitting.map((route) => literalsOf(route.segments)));
		const methods = new Set(
			fitting.filter((route) => literalsOf(route.segments) === literals).map((route) => route.method),
		);
		if (methods.size === 0) return [];
		if (methods.has("GET")) methods.add("HEAD");
		methods.add("OPTIONS");
		return [...methods].sort();
	};
}

const literalsOf = (pattern: string[]) => pattern.filter((token) => !token.startsWith(":")).length;

const fits = (pattern: string[], segments: string[]) =>
	pattern.length === segments.length &&
	pattern.every((token, index) => (token.startsWith(":") ? segments[index] !== "" : token === segments[index]));
