const AT_ONCE = 16;

/** Does the same with each item, several at a time. @returns the results in the order of the items */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	const left = items.entries();
	const hand = async () => {
		for (const [index, item] of left) results[index] = await work(item);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, hand));
	return results;
}
