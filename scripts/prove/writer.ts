/** Writes statements that a checker can follow. */

/** The text of statements, and the types of what they write, by names without keys. */
export interface Lines {
  readonly lines: string[];
  readonly types: Map<string, string>;
  /** Declared, and not written yet. */
  readonly unwritten: Set<string>;
}

/**
 * Statements without branches: a write under a condition writes what was there if that is false. A checker that follows
 * branches would follow twice as many with each.
 */
export class Writer {
  readonly #all: Lines;
  /** True or false if that is known, or the name of a variable. */
  readonly #condition: string;
  isUnchecked = false;

  constructor(all: Lines, condition = "true") {
    this.#all = all;
    this.#condition = condition;
  }

  /** All statements, but for conditions that nothing depends on. */
  get text(): string {
    const declared = [...this.#all.unwritten].map((name) => `${this.#all.types.get(name) ?? ""} ${name};`);
    let text = [...declared, ...this.#all.lines, ""].join("\n");
    for (let before = ""; before !== text;) {
      before = text;
      for (const [line, name] of before.matchAll(/^bool ((?:if|else)_\w+) = .*\n/gm))
        if (name !== undefined && before.split(new RegExp(`\\b${name}\\b`)).length === 2)
          text = text.replace(line, "");
    }
    return text;
  }

  typeOf(name: string): string | undefined {
    return this.#all.types.get(name);
  }

  declare(type: string, name: string): string {
    this.#all.types.set(name, type);
    this.#all.unwritten.add(name);
    return name;
  }

  assign(place: string, value: string): void {
    if (this.#condition === "false") return;
    const type = this.#all.types.get(place.replace(/\[.*/, "")) ?? "";
    // A number's type is that of the place, which an expression with a condition does not know.
    const typed = /^\d+$/.test(value) ? `${type}(${value})` : value;
    const isFirst = this.#all.unwritten.delete(place);
    const otherwise = isFirst ? (type === "bool" ? "false" : `${type}(0)`) : place;
    const written = this.#condition === "true" ? typed : `${this.#condition} ? ${typed} : ${otherwise}`;
    const assignment = `${isFirst ? `${type} ` : ""}${place} = ${written};`;
    this.#all.lines.push(this.isUnchecked ? `unchecked { ${assignment} }` : assignment);
  }

  revert(): void {
    if (this.#condition !== "false") this.#all.lines.push(`require(${folded(`!${this.#condition}`)});`);
  }

  /** A writer of the same text, under a condition more, which is evaluated here. */
  under(name: string, condition: string): Writer {
    const both = folded(`${this.#condition} && ${condition}`);
    const isKnown = both === "true" || both === "false";
    if (!isKnown) this.#all.lines.push(`bool ${name} = ${both};`);
    const under = new Writer(this.#all, isKnown ? both : name);
    under.isUnchecked = this.isUnchecked;
    return under;
  }
}

/** What an expression is, as far as constants tell. */
export function folded(expression: string): string {
  const [, left, operator, right] = /^([\w.]+(?:\(0\))?) (==|!=) ([\w.]+(?:\(0\))?)$/.exec(expression) ?? [];
  if (left !== undefined && left === right) return operator === "==" ? "true" : "false";
  if (expression.startsWith("true && ")) return folded(expression.slice("true && ".length));
  if (expression.startsWith("false && ") || expression.endsWith(" && false") || expression === "!true")
    return "false";
  return expression === "!false" ? "true" : expression;
}

/**
 * An operation with a mask of one bit, in arithmetic: solvers know bits of numbers badly. Nothing here overflows.
 */
export function masked(value: string, operator: string, mask: string): string | undefined {
  const bit = Number(mask);
  if (![1, 2, 4, 8, 16, 32, 64, 128].includes(bit)) return undefined;
  if (/^\d+$/.test(value)) return operator === "|" ? String(Number(value) | bit) : undefined;
  if (!/^[\w.[\]]+$/.test(value)) return undefined;
  const set = `${value} / ${bit} % 2 * ${bit}`;
  if (operator === "&") return `(${set})`;
  if (operator === "&~") return `(${value} - ${set})`;
  if (operator === "|") return `(${value} - ${set} + ${bit})`;
  return operator === "^" ? `(${value} - ${set} + (${bit} - ${set}))` : undefined;
}
