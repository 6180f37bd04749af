// A typed amount as a number: with a comma or a point, blanks between the thousands.
export function amountIn(text) {
  const plain = text.replace(/[\s'\u00a0\u202f]/gu, "");
  const mark = Math.max(plain.lastIndexOf(","), plain.lastIndexOf("."));
  if (mark < 0) return Number(plain || "NaN");
  return Number(`${plain.slice(0, mark).replace(/[.,]/g, "")}.${plain.slice(mark + 1)}`);
}

export function written(amount, currency) {
  const language = document.documentElement.lang || undefined;
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(amount);
}
