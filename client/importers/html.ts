/**
 * The words of an HTML fragment. Nothing is rendered, loaded or run; the work grows with the length and no faster, whatever the marks.
 *
 * @param html - The fragment.
 * @returns Its text, with a line end where a block ends.
 */
export function plainText(html: string): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    const close = open === -1 ? -1 : html.indexOf(">", open);
    if (close === -1) break;
    pieces.push(html.slice(at, open), BLOCK.test(html.slice(open, open + LONGEST_TAG)) ? "\n" : "");
    at = close + 1;
  }
  pieces.push(html.slice(at));
  return pieces
    .join("")
    .replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,6});/gi, (whole, name: string) => characterOf(name) ?? whole)
    .replace(/\n{3,}/g, "\n\n");
}

const BLOCK = /^<(?:br|\/(?:p|div|li|ul|ol|tr|h[1-6]|pre|blockquote|table))\b/i;
const LONGEST_TAG = 16;

const NAMED = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", " "],
]);

function characterOf(name: string): string | undefined {
  if (!name.startsWith("#")) return NAMED.get(name.toLowerCase());
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
