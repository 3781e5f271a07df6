/** Something that is not as it must be. */
export interface Violation {
	/** Which of the checks has found it. */
	check: string;
	detail: string;
	user?: string;
	/** The call that it is about: its key, or its method and path. */
	call?: string;
}

/** Collects what the checks find. */
export class Violations {
	readonly found: Violation[] = [];

	add(check: string, detail: string, where: Pick<Violation, "user" | "call"> = {}): void {
		this.found.push({ check, detail, ...where });
	}

	/** Notes a violation unless `holds`. @returns `holds` */
	require(holds: boolean, check: string, detail: () => string, where: Pick<Violation, "user" | "call"> = {}): boolean {
		if (!holds) this.add(check, detail(), where);
		return holds;
	}
}
