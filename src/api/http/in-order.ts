import { z } from "@hono/zod-openapi";

/**
 * The same value with the members of its objects in the order of the schema, which is that of the document: `id` and `status` first,
 * whatever order a store or a spread put them in. A member that the schema does not have is left out, so nothing is answered that the
 * document does not say. It checks nothing.
 */
export function inOrder(schema: z.core.$ZodType, value: unknown): unknown {
	if (value === null || typeof value !== "object") return value;
	if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return inOrder(schema.def.innerType, value);
	if (schema instanceof z.ZodArray && Array.isArray(value)) return value.map((item) => inOrder(schema.element, item));
	if (schema instanceof z.ZodUnion) {
		const option = schema.options.find((each) => describes(each, value));
		return option === undefined ? value : inOrder(option, value);
	}
	if (!(schema instanceof z.ZodObject)) return value;
	const ordered: Record<string, unknown> = {};
	for (const [name, member] of Object.entries(schema.shape)) {
		if (Object.hasOwn(value, name)) ordered[name] = inOrder(member, Reflect.get(value, name));
	}
	return ordered;
}

/** Whether the value has what the object of the schema must have, literals as they must be. */
function describes(schema: z.core.$ZodType, value: object): boolean {
	if (!(schema instanceof z.ZodObject)) return false;
	return Object.entries(schema.shape).every(([name, member]) => {
		if (!(member instanceof z.ZodLiteral)) return Object.hasOwn(value, name) || member._zod.optout === "optional";
		const values: ReadonlySet<unknown> = member.values;
		return values.has(Reflect.get(value, name));
	});
}
