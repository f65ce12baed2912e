import { VaultError } from "../client/index.ts";
import { described, type Outsider } from "./demo-outsider.ts";
import { bold, dim, green, number, size, type Say } from "../apps/cli/terminal.ts";

/** A step of the story does not hold. */
export class StepFailed extends VaultError {
  constructor(
    readonly step: string,
    readonly claim: string,
  ) {
    super(`"${step}" does not hold: ${claim}.`);
  }
}

interface Row {
  readonly title: string;
  readonly gas: bigint;
  readonly stored: number;
  readonly milliseconds: number;
}

/** Tells a story step by step: what was done, what it cost, and what an outsider saw of it. */
export class Stage {
  readonly #say: Say;
  readonly #outsider: Outsider;
  readonly #rows: Row[] = [];
  #title = "";

  constructor(say: Say, outsider: Outsider) {
    this.#say = say;
    this.#outsider = outsider;
  }

  /** Runs one step, between two looks of the outsider. */
  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    this.#title = title;
    this.#say(`\n${bold(`${this.#rows.length + 1}. ${title}`)}`);
    const began = performance.now();
    const result = await work();
    const milliseconds = Math.round(performance.now() - began);
    const seen = await this.#outsider.look();
    const gas = seen.transactions.reduce((sum, transaction) => sum + transaction.gas, 0n);
    const stored = seen.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#rows.push({ title, gas, stored, milliseconds });
    this.#say(dim(`   cost      ${number(gas)} gas · ${size(stored)} stored · ${number(milliseconds)} ms`));
    this.#say(dim(`   outsider  ${described(seen)}`));
    return result;
  }

  /** Says a fact. */
  tell(line: string): void {
    this.#say(`   ${line}`);
  }

  /**
   * Says what was checked.
   *
   * @throws {StepFailed} when it does not hold.
   */
  hold(claim: string, holds: boolean): void {
    if (!holds) throw new StepFailed(this.#title, claim);
    this.#say(`   ${green("✓")} ${claim}`);
  }

  /**
   * Awaits an error of a class, and says it.
   *
   * @throws {StepFailed} when there is none. Any other error is rethrown.
   */
  async refused(
    who: string,
    type: abstract new (...args: never[]) => Error,
    work: Promise<unknown>,
  ): Promise<void> {
    try {
      await work;
    } catch (fault) {
      if (!(fault instanceof type)) throw fault;
      this.hold(`${who}: ${type.name}. ${fault.message}`, true);
      return;
    }
    throw new StepFailed(this.#title, `${who} is refused with ${type.name}`);
  }

  /** The numbers of all steps. */
  table(): void {
    const sum = (of: (row: Row) => number) => this.#rows.reduce((total, row) => total + of(row), 0);
    const total = { gas: BigInt(sum(({ gas }) => Number(gas))), stored: sum(({ stored }) => stored) };
    const lines = [
      ["", "gas", "stored", "ms"],
      ...this.#rows.map((row, i) => cells(`${i + 1}. ${row.title}`, row)),
      cells("all", { ...total, milliseconds: sum(({ milliseconds }) => milliseconds) }),
    ];
    const width = (column: number) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
    const widths = [0, 1, 2, 3].map(width);
    const draw = (line: readonly string[]) =>
      widths.map((to, i) => (i === 0 ? line[i]?.padEnd(to) : line[i]?.padStart(to))).join("  ");
    this.#say("");
    for (const [i, line] of lines.entries())
      this.#say(i === 0 || i === lines.length - 1 ? bold(draw(line)) : draw(line));
  }
}

const cells = (title: string, { gas, stored, milliseconds }: Omit<Row, "title">): string[] => [
  title,
  gas === 0n ? "–" : number(gas),
  stored === 0 ? "–" : size(stored),
  number(milliseconds),
];
