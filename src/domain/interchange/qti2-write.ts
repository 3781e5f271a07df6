/** Documents of QTI 3.0, as our export writes them, in the names of QTI 2.1, which most learning systems take. */

const NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1";
const TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates/";

/** Elements that QTI 2 has not: what they hold stands there by itself. */
const UNWRAPPED = /<\/?qti-content-body>/g;
const TAG = /<(\/?)([A-Za-z][\w-]*)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g;
const ATTRIBUTE = /\s+([\w:-]+)="([^"]*)"/g;

const camel = (name: string) => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Texts have no `<` of their own and values no quotation mark, since both are written by number. */
export const inQti2 = (xml: string): string =>
	xml.replace(UNWRAPPED, "").replace(TAG, (_, closes: string, name: string, attributes: string, empty: string) => {
		const isOfQti = name.startsWith("qti-");
		const written = attributes.replace(ATTRIBUTE, (_, key: string, value: string) => attributeOf(key, value, isOfQti));
		return `<${closes}${isOfQti ? camel(name.slice(4)) : name}${written}${empty}>`;
	});

function attributeOf(key: string, value: string, isOfQti: boolean): string {
	if (!isOfQti) return ` ${key}="${value}"`;
	// What only Marksheet reads back is no attribute that QTI 2 allows.
	if (key.startsWith("data-")) return "";
	if (key === "xmlns") return ` xmlns="${NAMESPACE}"`;
	if (key === "template")
		return ` template="${TEMPLATES}${value
			.split("/")
			.at(-1)
			?.replace(/\.xml$/, "")}"`;
	return ` ${camel(key)}="${value}"`;
}
