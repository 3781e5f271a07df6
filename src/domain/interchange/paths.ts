/** Paths of files in packages. */

export const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);

/** A reference from one file to another, as the path of the other: without `.` and `..`, and with its characters as they are. */
export function resolved(folder: string, href: string): string {
	const [path = ""] = href.split(/[?#]/);
	const parts: string[] = [];
	for (const part of `${folder}${unquoted(path)}`.split("/")) {
		if (part === "..") parts.pop();
		else if (part !== "." && part !== "") parts.push(part);
	}
	return parts.join("/");
}

function unquoted(path: string): string {
	try {
		return decodeURIComponent(path);
	} catch (error) {
		if (error instanceof URIError) return path;
		throw error;
	}
}
