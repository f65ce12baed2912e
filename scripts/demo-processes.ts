import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { VaultError } from "../client/index.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = fileURLToPath(new URL("../apps/cli/bin.ts", import.meta.url));

/** How long a process of the demo may take to do what it is waited for. */
const PATIENCE = 120_000;

/** A process of the demo did not do what it should. */
export class ProcessFailed extends VaultError {
  constructor(
    readonly command: string,
    readonly why: string,
  ) {
    super(`${command}: ${why}`);
  }
}

/** A line of a runner's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** The command line as processes of their own, in a home of its own: on another machine, for all that the story knows. */
export class Machine {
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Set<ChildProcess>();
  #written = "";

  /** @param secrets - what the environment alone tells: passphrase and the account's key. */
  constructor(home: string, secrets: Record<string, string>) {
    const { PATH = "", SystemRoot = "" } = process.env;
    this.#env = { PATH, SystemRoot, HOME: home, MEMVAULT_HOME: home, NO_COLOR: "1", ...secrets };
  }

  /** All that its long-running commands wrote, on stdout and stderr. */
  get written(): string {
    return this.#written;
  }

  /**
   * Runs a command to its end, and reads its one JSON document.
   *
   * @throws {ProcessFailed} when it ends with anything but 0.
   */
  async json(...args: string[]): Promise<Readonly<Record<string, unknown>>> {
    const child = this.#begin([...args, "--json"]);
    let [out, err] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const status = await ended(child);
    if (status !== 0)
      throw new ProcessFailed(args.slice(0, 2).join(" "), `ended with ${String(status)}: ${out}${err}`);
    return JSON.parse(out) as Readonly<Record<string, unknown>>;
  }

  /** Starts a command that goes on until it is told to stop, and logs JSON on stderr. */
  start(...args: string[]): Running {
    const child = this.#begin(args);
    const running = new Running(child, args.slice(0, 2).join(" "));
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => (this.#written += chunk.toString()));
    return running;
  }

  /** Ends what it started and still runs, by its id. */
  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all([...this.#children].map(ended));
  }

  #begin(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, ["--import", "tsx", BIN, ...args], {
      ...{ cwd: ROOT, env: this.#env, stdio: ["ignore", "pipe", "pipe"] },
    });
    // Nothing of the story outlives it, whatever way it ends.
    const kill = (): void => void child.kill("SIGKILL");
    process.once("exit", kill);
    this.#children.add(child);
    child.once("close", () => {
      process.removeListener("exit", kill);
      this.#children.delete(child);
    });
    return child;
  }
}

/** A command that runs. */
export class Running {
  readonly #child: ChildProcess;
  readonly #command: string;
  readonly #lines: LogLine[] = [];
  #rest = "";

  constructor(child: ChildProcess, command: string) {
    this.#child = child;
    this.#command = command;
    child.stderr?.on("data", (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString()).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#lines.push(logLine(line));
    });
  }

  /** The process's id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Waits until it has logged an event.
   *
   * @throws {ProcessFailed} when it ends before, or takes too long.
   */
  async logged(event: string, fields: LogLine = {}): Promise<LogLine> {
    for (let waited = 0; waited < PATIENCE; waited += 5) {
      const found = this.#lines.find(
        (line) =>
          line["event"] === event && Object.entries(fields).every(([name, value]) => line[name] === value),
      );
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) break;
      await sleep(5);
    }
    const said = this.#lines.slice(-8).map((line) => JSON.stringify(line));
    throw new ProcessFailed(this.#command, `never logged "${event}"; its last lines are\n${said.join("\n")}`);
  }

  /** Sends it a signal. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await ended(this.#child);
  }

  /** Asks it to stop. @returns the status that it ended with. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return ended(this.#child);
  }
}

function logLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { text };
  }
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once("close", (code) => resolve(code)));
