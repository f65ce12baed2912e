/** The rows of the table that begins with a header line, as cells without the blanks around them. */
export function tableUnder(text: string, header: string): string[][] {
  const lines = text.slice(text.indexOf(header)).split("\n");
  if (lines[0] !== header) throw new Error(`there is no table ${header}`);
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(2, end === -1 ? undefined : end).map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** What stands between backquotes in a line or a cell. */
export const codeIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

/** The fenced blocks of a language. */
export const fenced = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block]) => block!,
  );
