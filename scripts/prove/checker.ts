/** Asks solvers, by way of the compiler's own checker, whether the assertion of a step can fail. */
import { compile } from "./compiler.ts";
import { answerOf, type Answer, type Solver } from "./solvers.ts";

export type Result = "proven" | "violated" | "unknown";

export interface Verdict {
  readonly result: Result;
  /** The solver that knew, or the last one that did not. */
  readonly solver: string;
  /** What all solvers took, in milliseconds. */
  readonly time: number;
  /** A state and a call in which the assertion fails. */
  readonly example: string;
}

/** What an answer means for the assertion, and by which messages the compiler then says so. */
const MEANINGS: Readonly<Record<Answer, { readonly result: Result; readonly codes: readonly string[] }>> = {
  unsat: { result: "proven", codes: ["2961"] },
  sat: { result: "violated", codes: ["4661"] },
  // "Might happen", and that the solver said nothing.
  unknown: { result: "unknown", codes: ["7812", "1823", "5840"] },
};
/**
 * What else it may say: a name that is not used, a function that could be a view, and that this engine will go. Of anything
 * that it does not model it would say so, and that stops the run.
 */
const HARMLESS = ["2018", "2072", "3993", "5667"];

export class Checker {
  readonly #solvers: readonly Solver[];
  #queries: { readonly answer: Answer; readonly solver: string; readonly time: number }[] = [];

  constructor(solvers: readonly Solver[]) {
    this.#solvers = solvers;
  }

  /**
   * @param text A file with a contract that has one assertion.
   * @throws {Error} if the checker does not understand the text.
   */
  check(text: string, contract: string): Verdict {
    this.#queries = [];
    const modelChecker = {
      ...{ engine: "bmc", solvers: ["smtlib2"], targets: ["assert"] },
      ...{ contracts: { [contract]: [contract] }, showProvedSafe: true },
      ...{ showUnproved: true, showUnsupported: true },
    };
    const smtSolver = (query: string) => ({ contents: this.#ask(query) });
    const output = compile(contract, text, { modelChecker }, { smtSolver });
    const messages = (output.errors ?? []).filter(({ errorCode }) => !HARMLESS.includes(errorCode));
    const [message, ...others] = messages;
    const [query, ...more] = this.#queries;
    if (message === undefined || query === undefined || others.length + more.length > 0)
      throw new Error(`${contract}: ${messages.map((one) => one.formattedMessage).join("\n")}`);
    const { answer, solver, time } = query;
    const { result, codes } = MEANINGS[answer];
    if (!codes.includes(message.errorCode)) throw new Error(`${contract}: ${message.formattedMessage}`);
    return {
      result,
      solver,
      time,
      example: result === "violated" ? exampleIn(message.formattedMessage) : "",
    };
  }

  /** Asks one solver after the other, until one knows. */
  #ask(query: string): string {
    const started = performance.now();
    let [output, answer, asked]: [string, Answer, string] = ["", "unknown", ""];
    for (const { name, solve } of this.#solvers) {
      if (answer !== "unknown") break;
      output = solve(query);
      [answer, asked] = [answerOf(output), name];
    }
    this.#queries.push({ answer, solver: asked, time: performance.now() - started });
    return answer === "unknown" ? "unknown\n" : output;
  }
}

/** The values that the compiler shows, without the words around them. */
function exampleIn(message: string): string {
  const lines = message.split("\n").map((line) => line.trim());
  return lines.filter((line) => /^\S+ = /.test(line)).join("\n");
}
