import fc from "fast-check";
import { document } from "./operations.ts";

/** Values made of the document's own schemas: such as they allow, and such as are nearly so. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

interface Schema {
	$ref?: string;
	anyOf?: Schema[];
	oneOf?: Schema[];
	allOf?: Schema[];
	type?: string | string[];
	enum?: Json[];
	const?: Json;
	pattern?: string;
	minLength?: number;
	maxLength?: number;
	minimum?: number;
	maximum?: number;
	items?: Schema;
	minItems?: number;
	maxItems?: number;
	properties?: Record<string, Schema>;
	required?: string[];
	additionalProperties?: boolean | Schema;
}

/** How deep values go that the schema lets go on for ever. */
const DEPTH_MAX = 5;
const ITEMS_MAX = 4;
const CHARS_MAX = 40;

const resolved = (schema: Schema): Schema =>
	schema.$ref === undefined ? schema : resolved(document.components.schemas[schema.$ref.split("/").at(-1) ?? ""]);

/** Values that the schema allows; what it bounds at a great number is mostly small, and now and then at the bound. */
export function valuesOf(schema: Schema, depth = 0): fc.Arbitrary<Json> {
	const { anyOf, oneOf, allOf, type, ...rest } = resolved(schema);
	const choices = anyOf ?? oneOf;
	if (choices) return fc.oneof(...choices.map((choice) => valuesOf(choice, depth)));
	if (allOf) return valuesOf(Object.assign({}, ...allOf.map(resolved), rest), depth);
	if (rest.const !== undefined) return fc.constant(rest.const);
	if (rest.enum) return fc.constantFrom(...rest.enum);
	if (Array.isArray(type)) return fc.oneof(...type.map((each) => valuesOf({ ...rest, type: each }, depth)));
	switch (type) {
		case "string":
			return textOf(rest);
		case "integer":
			return fc.oneof(...numbersOf(rest).map((n) => fc.constant<Json>(n)), integerOf(rest));
		case "number":
			return fc.oneof(integerOf(rest), fc.double({ min: rest.minimum ?? -1e6, max: rest.maximum ?? 1e6, noNaN: true }));
		case "boolean":
			return fc.boolean();
		case "null":
			return fc.constant(null);
		case "array": {
			const { items = {}, minItems = 0, maxItems = ITEMS_MAX } = rest;
			const most = depth >= DEPTH_MAX ? minItems : Math.max(minItems, Math.min(maxItems, ITEMS_MAX));
			return fc.array(valuesOf(items, depth + 1), { minLength: minItems, maxLength: most });
		}
		case "object":
			return objectOf(rest, depth);
		default:
			return fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>;
	}
}

const LOOK_AHEAD = /\(\?[=!][^()]*(?:\([^()]*\)[^()]*)*\)/g;

function textOf({ pattern, minLength = 0, maxLength = CHARS_MAX }: Schema): fc.Arbitrary<Json> {
	if (pattern !== undefined) {
		const whole = new RegExp(pattern);
		// The library makes no text for what looks ahead; texts that are made without are looked at with it.
		const plain = new RegExp(pattern.replace(LOOK_AHEAD, ""));
		return fc.stringMatching(plain, { size: "small" }).filter((text) => text.length >= minLength && whole.test(text));
	}
	const bounds = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, CHARS_MAX)) };
	return fc.oneof(fc.string({ ...bounds, unit: "grapheme" }), fc.constant("x".repeat(Math.min(maxLength, 5_000))));
}

const numbersOf = ({ minimum, maximum }: Schema) => [minimum, maximum].filter((n) => n !== undefined);

const integerOf = ({ minimum = -1_000, maximum = 1_000_000 }: Schema) =>
	fc.integer({
		min: Math.max(Math.ceil(minimum), -(2 ** 31)),
		max: Math.max(Math.ceil(minimum), Math.min(Math.floor(maximum), 2 ** 31 - 1)),
	});

function objectOf({ properties = {}, required = [], additionalProperties }: Schema, depth: number): fc.Arbitrary<Json> {
	const isDeep = depth >= DEPTH_MAX;
	const members = Object.entries(properties).filter(([name]) => !isDeep || required.includes(name));
	const known = fc.record(Object.fromEntries(members.map(([name, member]) => [name, valuesOf(member, depth + 1)])), {
		requiredKeys: required.filter((name) => Object.hasOwn(properties, name)),
	}) as fc.Arbitrary<{ [name: string]: Json }>;
	if (typeof additionalProperties !== "object" || isDeep) return known;
	const more = fc.dictionary(fc.stringMatching(/^[a-z0-9]{1,8}$/), valuesOf(additionalProperties, depth + 1), {
		maxKeys: 3,
	});
	return fc.tuple(known, more).map(([some, others]) => ({ ...others, ...some }));
}

/** What stands where something else should. */
export const ODD: Json[] = [
	null,
	true,
	0,
	-1,
	0.5,
	2 ** 53,
	-(2 ** 53),
	1e308,
	"",
	" ",
	"null",
	"__proto__",
	"'; DROP TABLE users; --",
	"\u0000",
	"\u202e",
	"💥",
	"x".repeat(10_000),
	[],
	[[]],
	{},
	{ toString: 1, constructor: 2, __defineGetter__: 3 },
];

type Place = { holder: Json[] | { [name: string]: Json }; key: string | number };

function placesIn(value: Json): Place[] {
	if (Array.isArray(value)) {
		return value.flatMap((item, key) => [{ holder: value, key }, ...placesIn(item)]);
	}
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([key, member]) => [{ holder: value, key }, ...placesIn(member)]);
}

/** A value with one thing wrong: something else in one place, a member too many, one too few, or a number next to a bound. */
export function nearly(values: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
	return fc
		.tuple(values, fc.nat(), fc.constantFrom("replace", "remove", "add", "nudge"), fc.constantFrom(...ODD))
		.map(([value, draw, change, odd]) => {
			const copy: Json = structuredClone(value);
			const places = placesIn(copy);
			const place = places[draw % Math.max(1, places.length)];
			if (!place) return odd;
			const { holder, key } = place;
			const here: Json | undefined = Reflect.get(holder, key);
			if (change === "add" && !Array.isArray(holder)) holder[`extra_${draw % 10}`] = odd;
			else if (change === "remove" && !Array.isArray(holder)) Reflect.deleteProperty(holder, key);
			else if (change === "nudge" && typeof here === "number")
				Reflect.set(holder, key, here + (draw % 2 === 0 ? 1 : -1));
			else Reflect.set(holder, key, odd);
			return copy;
		});
}
