import { cleanText, linesOf } from "./clean.ts";

/** A bullet or paragraph of a text, and the heading that it stands under. */
export interface Passage {
  readonly heading: string | null;
  readonly text: string;
  /** The line that it begins at, from 1. */
  readonly line: number;
}

/**
 * Splits Markdown prose into its bullets and paragraphs. A line in bold on its own is a heading, too, and one in italics a heading below it.
 *
 * @param markdown - The prose.
 * @returns The passages in order, without marks; lines that were wrapped are joined.
 */
export function passagesOf(markdown: string): Passage[] {
  const passages: Passage[] = [];
  let heading: string | null = null;
  let major = "";
  let open: { line: number; lines: string[] } | null = null;
  const close = () => {
    const text = open === null ? "" : open.lines.flatMap(linesOf).join(" ");
    if (open !== null && text !== "") passages.push({ heading, text, line: open.line });
    open = null;
  };
  for (const [index, line] of markdown.split(/\r\n?|\n/).entries()) {
    const title = HEADING.exec(line);
    if (title !== null || line.trim() === "" || BULLET.test(line)) close();
    if (title !== null) {
      const [, hashes, bold, italics] = title as readonly (string | undefined)[];
      if (italics === undefined) major = headingOf(hashes ?? bold);
      heading = [major, headingOf(italics)].filter((part) => part !== "").join(": ") || null;
    } else if (line.trim() !== "") {
      open ??= { line: index + 1, lines: [] };
      open.lines.push(line);
    }
  }
  close();
  return passages;
}

const headingOf = (text = "") => cleanText(text).slice(0, 200);

const HEADING = /^\s*(?:#{1,6}\s+(.*)|\*\*([^*]+?):?\*\*:?\s*|\*([^*]+?):?\*:?\s*)$/;
const BULLET = /^\s*(?:[-*+\u2022]|\d{1,4}[.)])\s/;
