/** The files that are made of others: what makes each. With `--check` it says instead whether the file is what it would be. */
export const GENERATED: readonly [name: string, command: string, ...args: string[]][] = [
	["types of bindings", "wrangler", "types", "--include-runtime=false"],
	["OpenAPI document", "node", "scripts/openapi.ts"],
	["document of the schema", "node", "scripts/schema.ts"],
];
