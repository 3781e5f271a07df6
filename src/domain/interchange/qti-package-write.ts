import { strToU8, zipSync } from "fflate";
import type { QuizContent } from "../quizzes/quiz.ts";
import { itemDocuments, testDocument, type WrittenImage } from "./qti-write.ts";
import { inQti2 } from "./qti2-write.ts";
import { xmlEscaped } from "./xml.ts";

/** A quiz as a package of QTI: a manifest, a test, an item in each file, and the images. */

export type PackageVersion = "2.1" | "3.0";

const VERSIONS = {
	"2.1": {
		namespace: "http://www.imsglobal.org/xsd/imscp_v1p1",
		schema: "QTIv2.1 Package",
		version: "1.0.0",
		kind: "xmlv2p1",
	},
	"3.0": {
		namespace: "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
		schema: "QTI Package",
		version: "3.0.0",
		kind: "xmlv3p0",
	},
} as const satisfies Record<PackageVersion, object>;

/** The clock of an archive cannot say less; so the same quiz is the same package. */
const MADE_AT = "1980-01-01T00:00:00";

export function writeQtiPackage(
	content: QuizContent,
	version: PackageVersion,
	images: ReadonlyMap<string, WrittenImage> = new Map(),
): Uint8Array {
	const written = (xml: string) => strToU8(version === "2.1" ? inQti2(xml) : xml);
	const items = itemDocuments(content, images);
	const pictures = [...images.values()];
	const files: Record<string, Uint8Array> = {
		"imsmanifest.xml": strToU8(manifestOf(content, version, items, pictures)),
		"test.xml": written(testDocument(content)),
	};
	for (const { identifier, xml } of items) files[`items/${identifier}.xml`] = written(xml);
	for (const { name, bytes } of pictures) files[`images/${name}`] = bytes;
	return zipSync(files, { mtime: new Date(MADE_AT) });
}

function manifestOf(
	content: QuizContent,
	version: PackageVersion,
	items: readonly { identifier: string; images: string[] }[],
	images: readonly WrittenImage[],
): string {
	const { namespace, schema, version: schemaVersion, kind } = VERSIONS[version];
	const pictures = new Map(images.map((image, index) => [image.name, `image-${index + 1}`]));
	const resource = (identifier: string, type: string, href: string, dependencies: readonly string[]) =>
		`    <resource identifier="${identifier}" type="${type}" href="${xmlEscaped(href)}"><file href="${xmlEscaped(href)}"/>${dependencies.map((on) => `<dependency identifierref="${on}"/>`).join("")}</resource>`;
	const resources = [
		resource(
			"test",
			`imsqti_test_${kind}`,
			"test.xml",
			items.map(({ identifier }) => identifier),
		),
		...items.map(({ identifier, images: own }) =>
			resource(
				identifier,
				`imsqti_item_${kind}`,
				`items/${identifier}.xml`,
				own.flatMap((name) => pictures.get(name) ?? []),
			),
		),
		...images.map(({ name }) => resource(pictures.get(name) ?? "", "webcontent", `images/${name}`, [])),
	];
	return `<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="${namespace}" identifier="manifest">
  <metadata><schema>${schema}</schema><schemaversion>${schemaVersion}</schemaversion></metadata>
  <!-- ${xmlEscaped(content.title).replaceAll("-", "&#45;")} -->
  <organizations/>
  <resources>
${resources.join("\n")}
  </resources>
</manifest>
`;
}
