/** A part of somebody else's text: shown as it is, or, where nobody would see it or a page would obey it, by its code. */
export interface Piece {
  readonly text: string;
  /** `U+202E`; `null` for what is shown as it is. */
  readonly code: string | null;
}

/**
 * An emoji, whatever it is made of, or a joiner behind a letter of a script that has them (Latin has none); or else, captured, a
 * character that turns text round, or is not seen. Made here: the compiler's target does not know the flag, browsers do.
 */
const PARTS = new RegExp(
  String.raw`\p{RGI_Emoji}|(?<=[[\p{L}\p{M}]--\p{Script=Latin}])[\u200c\u200d]|([[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]--[\n\t]])`,
  "gv",
);

/**
 * Cuts somebody else's text where something in it cannot be seen: control characters, such as turn its direction, and blanks of no
 * width. Letters of all scripts stay whole, and so do emoji; line breaks have one form.
 *
 * @returns The pieces, in order; together they are the text.
 */
export function pieces(text: string): Piece[] {
  const plain = text.replace(/\r\n?/g, "\n");
  const found: Piece[] = [];
  let end = 0;
  for (const match of plain.matchAll(PARTS)) {
    const part = match[1];
    if (part === undefined) continue;
    if (match.index > end) found.push({ text: plain.slice(end, match.index), code: null });
    found.push({ text: part, code: codeOf(part) });
    end = match.index + part.length;
  }
  if (end < plain.length) found.push({ text: plain.slice(end), code: null });
  return found;
}

const codeOf = (part: string): string =>
  `U+${(part.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** A stretch of a text, from its first code unit to the one after its last. */
export type Stretch = readonly [from: number, to: number];

/**
 * Cuts a text into what is marked and what is not.
 *
 * @param marks - in order, and none over another.
 */
export function stretches(text: string, marks: readonly Stretch[]): { text: string; marked: boolean }[] {
  const found: { text: string; marked: boolean }[] = [];
  let end = 0;
  for (const [from, to] of marks) {
    if (from > end) found.push({ text: text.slice(end, from), marked: false });
    found.push({ text: text.slice(from, to), marked: true });
    end = to;
  }
  if (end < text.length || found.length === 0) found.push({ text: text.slice(end), marked: false });
  return found;
}
