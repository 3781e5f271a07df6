import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../dev/settings.ts";
import { TENANT_KINDS } from "../../src/domain/people/events.ts";
import { ROLE_SCOPES } from "../../src/domain/people/roles.ts";
import { sectionOf } from "./lib/page.ts";

/** That what the pages name is there. What they say of it, somebody must read. */

const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");
const decisions = readdirSync(join(ROOT, "docs/decisions"));
const pages = globSync(["README.md", "{docs,src,examples}/**/*.md"], { cwd: ROOT }).sort();

test("the list of decisions is complete", () => {
	const listed = [...textOf("docs/architecture.md").matchAll(/^- \[\d{4}\]\(decisions\/([^)]+)\)/gm)];
	expect(listed.map(([, name]) => name)).toEqual(decisions.sort());
});

test.each(pages)("%s leads to what there is, by its own number", (page) => {
	for (const [link, text = "", target = ""] of textOf(page).matchAll(/\[([^\]]*)\]\(([^)#\s]+)[^)]*\)/g)) {
		if (/^[a-z]+:/.test(target)) continue;
		expect(existsSync(join(ROOT, dirname(page), target)), link).toBe(true);
		const [number] = /\b\d{4}$/.exec(text) ?? [];
		if (number && target.includes("decisions/")) expect(target, link).toContain(`/${number}-`);
	}
});

test.each(pages)("%s names commands that there are", (page) => {
	const { scripts }: { scripts: Record<string, string> } = JSON.parse(textOf("package.json"));
	const named = [...textOf(page).matchAll(/\bnpm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = ""]) => name);
	for (const name of named) expect(Object.keys(scripts)).toContain(name);
});

test("the README says what each dependency is for, and names no other", () => {
	const { dependencies, devDependencies } = JSON.parse(textOf("package.json"));
	const named = sectionOf(textOf("README.md"), "What it stands on")
		.split("\n\n")
		.map((part) => [...part.matchAll(/^\| `([^`]+)` \| \S/gm)].map(([, name]) => name));
	const tables = named.filter((names) => names.length > 0).map((names) => names.sort());
	expect(tables).toEqual([Object.keys(dependencies).sort(), Object.keys(devDependencies).sort()]);
});

test("docs/tenants.md has for each role the scopes that it gives", () => {
	const rows = [...textOf("docs/tenants.md").matchAll(/^\| `([a-z]+)` \| ((?:`[a-z:-]+` ?)+)\|$/gm)];
	const told = rows.map(([, role, scopes = ""]) => [
		role,
		[...scopes.matchAll(/`([^`]+)`/g)].map(([, scope]) => scope),
	]);
	expect(told).toEqual(Object.entries(ROLE_SCOPES));
});

test("docs/tenants.md names every kind of event that a tenant's log can have", () => {
	const kinds = TENANT_KINDS.filter((kind) => !kind.startsWith("installation."));
	const audit = textOf("docs/tenants.md").split("## The audit log")[1] ?? "";
	for (const kind of kinds) expect(audit).toContain(`\`${kind}\``);
});

test("docs/security.md names for each attack tests that there are", () => {
	const [, attacks = ""] = textOf("docs/security.md").split("## Attacks");
	const rows = attacks.split("\n").filter((line) => /^\| (?!against|---)/.test(line));
	expect(rows.length).toBeGreaterThan(15);
	for (const row of rows) {
		const named = [...row.matchAll(/\]\(\.\.\/(test\/[^)]+)\) › `([^`]+(?:`__proto__`[^`]+)?)`/g)];
		expect(named.length, row).toBeGreaterThan(0);
		for (const [, file = "", title = ""] of named) expect(textOf(file), row).toContain(title);
	}
});
