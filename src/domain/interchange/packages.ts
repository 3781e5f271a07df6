import { resolved } from "./paths.ts";
import { notRead, type ReadQuestion } from "./report.ts";
import { decodedText } from "./text-encoding.ts";
import { named, readXml, type XmlElement } from "./xml.ts";
import type { ZipArchive } from "./zip-archive.ts";

/** Packages of learning systems: archives with a manifest that names their files, if they have one. */

const MANIFEST = "imsmanifest.xml";
/** Files that may hold questions; Blackboard's end in `.dat`, some of Canvas in `.qti`. */
const TEXTS = /\.(?:xml|dat|qti|gift|txt|csv|tsv|json|jsonl)$/i;

export interface Package {
	/** Files that may hold questions: those that the manifest names first, in its order. */
	names: string[];
	/** What the manifest names and the archive has not. */
	faults: ReadQuestion[];
}

export function packageOf(archive: ZipArchive): Package {
	const files = archive.entries.map(({ name }) => name).filter((name) => !/(?:^|\/)(?:__MACOSX\/|\.)/.test(name));
	const texts = files.filter((name) => TEXTS.test(name) && !name.endsWith(MANIFEST));
	const manifest = files
		.filter((name) => name === MANIFEST || name.endsWith(`/${MANIFEST}`))
		.sort((a, b) => a.length - b.length)[0];
	const names = withoutTwins(texts);
	if (manifest === undefined) return { names, faults: [] };
	const { hrefs, fault } = namedIn(archive, manifest);
	if (fault !== null) return { names, faults: [notRead(manifest, fault)] };
	const all = new Set(files);
	const missing = [...new Set(hrefs)].filter(({ path }) => !all.has(path) && TEXTS.test(path)).map(({ path }) => path);
	const order = new Map(hrefs.map(({ path }, index) => [path, index]));
	const last = hrefs.length;
	return {
		names: names.sort((a, b) => (order.get(a) ?? last) - (order.get(b) ?? last)),
		faults: [...new Set(missing)].map((path) =>
			notRead(manifest, `The manifest names a file that is not in the package: ${path.slice(0, 200)}.`),
		),
	};
}

/** Canvas writes each quiz twice: for other systems, with what those know, and for itself with everything. */
function withoutTwins(names: readonly string[]): string[] {
	const own = new Set(names.flatMap((name) => /(?:^|\/)non_cc_assessments\/([^/]+)\.xml\.qti$/.exec(name)?.[1] ?? []));
	return names.filter((name) => !own.has(/(?:^|\/)([^/]+)\/assessment_qti\.xml$/.exec(name)?.[1] ?? ""));
}

/** What a manifest names, as paths in the archive; those that are not of it are no files. */
function namedIn(archive: ZipArchive, manifest: string): { hrefs: { path: string }[]; fault: string | null } {
	const bytes = archive.unpack(manifest);
	const decoded = bytes && decodedText(bytes);
	const reading = decoded?.ok ? readXml(decoded.text) : null;
	if (!reading?.ok)
		return { hrefs: [], fault: "The manifest of the package cannot be read; its files were read without it." };
	const folder = manifest.slice(0, -MANIFEST.length);
	const hrefs: { path: string }[] = [];
	const baseOf = (element: XmlElement) => element.attributes.get("xml:base") ?? element.attributes.get("base") ?? "";
	for (const resource of named(reading.value, "resource")) {
		const base = `${folder}${baseOf(resource)}`;
		const said = [resource, ...named(resource, "file")].flatMap(({ attributes }) => attributes.get("href") ?? []);
		for (const href of said)
			if (!/^[a-z][a-z0-9+.-]*:/i.test(href))
				hrefs.push({ path: resolved(base === "" || base.endsWith("/") ? base : `${base}/`, href) });
	}
	return { hrefs, fault: null };
}
