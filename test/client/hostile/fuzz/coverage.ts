import { Session, type Profiler } from "node:inspector";

/** What V8 counted since the last time it was asked. */
export interface Taken {
  /** Branches that ran and how often, in powers of two: a loop that ran longer is another thing. */
  readonly branches: readonly string[];
  /** How often functions and branches ran in all: work, whatever the machine. */
  readonly work: number;
}

/** Counts what runs. */
export interface Counter {
  readonly take: () => Taken;
}

/**
 * Counts what runs, by V8's own precise coverage. It costs a few milliseconds each time that it is asked, and makes what
 * runs some three times slower. Of a function that ran before, V8 counts the calls and no branches: begin before what is
 * tried is loaded.
 *
 * @param counts - whether a script belongs to what is tried.
 */
export function coverage(counts: (url: string) => boolean): Counter {
  const session = new Session();
  session.connect();
  const ask = (method: string, params?: object): unknown => {
    // Answers of the same thread come before `post` returns.
    let answer: unknown;
    session.post(method, params, (fault: Error | null, result?: object) => {
      if (fault !== null) throw fault;
      answer = result;
    });
    return answer;
  };
  ask("Profiler.enable");
  ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  return {
    take() {
      const { result } = ask("Profiler.takePreciseCoverage") as Profiler.TakePreciseCoverageReturnType;
      const branches: string[] = [];
      let work = 0;
      for (const { url, functions } of result) {
        if (!counts(url)) continue;
        for (const { ranges } of functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            if (count === 0) continue;
            work += count;
            branches.push(`${url}:${startOffset}-${endOffset}:${Math.floor(Math.log2(count))}`);
          }
        }
      }
      return { branches, work };
    },
  };
}
