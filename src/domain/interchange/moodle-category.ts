/** The path of a category without Moodle's own first elements; a double slash is a slash in a name. */
export function categoryName(path: string): string | null {
	const elements = path
		.replace(/\/+/g, (run) => (run.length === 1 ? "\n" : "/".repeat(Math.floor(run.length / 2))))
		.split("\n")
		.map((element) => element.trim())
		.filter((element) => element !== "");
	if (/^\$[a-z]+\d{0,9}\$$/i.test(elements[0] ?? "")) elements.shift();
	if (elements[0] === "top") elements.shift();
	return elements.join(" / ") || null;
}

/** A name as a part of a path: a slash in it is doubled; one at an end of it is kept apart from the slash of the path. */
export const categoryPath = (name: string) =>
	name.replace(/\s+/g, " ").trim().replaceAll("/", "//").replace(/^\//, " /");
