/**
 * Words for true and false, as items label the two. A choice with other labels, "Agree" and "Disagree" say, asks something
 * else, and its labels are needed.
 */
const WORDS = {
	true: `true t right correct wahr richtig ja,richtig vrai juste verdadero cierto verdadeiro certo vero waar juist sant sand
		sandt tosi prawda prawdziwe pravda верно правда истина правильно вірно doğru σωστό 正しい 真 对 對 正确 正確 참 صحيح صح נכון सही सत्य benar đúng`,
	false: `false f wrong incorrect falsch faux falso errado onwaar onjuist falskt falsk usann usant usandt epätosi fałsz
		fałszywe nepravda неверно ложь неправильно невірно yanlış λάθος 誤り 偽 错 錯 错误 錯誤 거짓 خطأ שגוי गलत असत्य salah sai`,
};

const wordsOf = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));
const TRUE = wordsOf(WORDS.true);
const FALSE = wordsOf(WORDS.false);

/** Whether what is right is "true"; null where the choice is none between true and false. */
export function trueFalseOf(identifiers: readonly string[], texts: readonly string[], right: number): boolean | null {
	if (identifiers.length !== 2) return null;
	const [yes, no] = [identifiers.indexOf("true"), identifiers.indexOf("false")];
	if (yes < 0 || no < 0) return null;
	const label = (index: number) => (texts[index] ?? "").toLowerCase().replace(/[.!]$/, "").trim();
	return TRUE.has(label(yes)) && FALSE.has(label(no)) ? right === yes : null;
}
