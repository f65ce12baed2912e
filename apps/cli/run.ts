import { Command, CommanderError } from "commander";

import { GLOBAL_OPTIONS, type Action, type Cli, type Description, type Report } from "./cli.ts";
import { commands } from "./commands/index.ts";
import { EXIT, exitCode, faultJson, faultText, named } from "./faults.ts";
import { openSession, type Globals } from "./session.ts";
import { VERSION } from "./version.ts";
import type { World } from "./world.ts";

/**
 * Runs one command line.
 *
 * @param argv - Without the program's own name.
 * @returns The status that the process should end with.
 */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const program = new Command("memvault")
    .description("Your AI memory, in a vault that is yours.")
    .version(VERSION, "-V, --version")
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      getOutHelpWidth: () => world.stdout.columns ?? 80,
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => {
        if (!argv.includes("--json")) world.stderr.write(text);
      },
    })
    .addHelpText("after", BEGIN);
  for (const [flags, text] of GLOBAL_OPTIONS) program.option(flags, text);
  const outcome = { status: EXIT.ok as number };
  const cli = cliOf(program, world, outcome);
  for (const add of commands) add(cli);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return outcome.status;
  } catch (fault) {
    return ended(fault, argv.includes("--json"), world);
  }
}

const BEGIN = `
Begin:
  $ memvault init
  $ memvault dev --detach
  $ memvault mint
  $ memvault add "Prefers window seats" --scope travel --sync
  $ memvault search window seat

Exit status: 0 done, 2 usage, 3 set-up, 4 access, 5 integrity, 6 unavailable, 7 request, 8 transaction, 9 not confirmed.
Keys and state are in MEMVAULT_HOME, else ~/.memvault. More: docs/cli.md.
`;

function cliOf(program: Command, world: World, outcome: { status: number }): Cli {
  return {
    program,
    add<O>(described: Description, action: Action<O>) {
      const { usage, summary, about, examples, parent = program, options = [] } = described;
      const command = parent.command(usage).summary(summary);
      // A paragraph in the source has lines of its own; the terminal's width decides about those of the help.
      const paragraph = about?.replaceAll("\n", " ");
      command.description(paragraph === undefined ? `${summary}.` : `${summary}.\n\n${paragraph}`);
      for (const [flags, text] of options) command.option(flags, text);
      command.addHelpText("after", `\nExamples:\n${examples.map((line) => `  $ ${line}\n`).join("")}`);
      return command.action(async () => {
        const session = openSession(world, program.opts<Globals>());
        try {
          // An option that the command above has as well is taken there, wherever it stands.
          const report = await action(session, command.optsWithGlobals() as O, command.args);
          print(report, session.globals, world);
          outcome.status = report?.status ?? EXIT.ok;
        } finally {
          await session.close();
        }
      });
    },
  };
}

function print(report: Report | null, { json }: Globals, { stdout }: World): void {
  if (report === null) return;
  if (json === true) stdout.write(`${JSON.stringify(report.json, plain, 2)}\n`);
  else for (const line of report.lines ?? []) stdout.write(`${line}\n`);
}

/** Counters become numbers, amounts too large for one become text. */
const plain = (_key: string, value: unknown): unknown =>
  typeof value !== "bigint"
    ? value
    : value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : value.toString();

function ended(fault: unknown, json: boolean, world: World): number {
  if (fault instanceof CommanderError) {
    // Help and version were printed, and are no faults.
    if (fault.exitCode === 0) return EXIT.ok;
    if (json) {
      const message = fault.message.replace(/^error: /, "");
      write(world, { error: { name: "UsageFault", message, exitCode: EXIT.usage } });
    }
    return EXIT.usage;
  }
  const known = named(fault);
  if (json) write(world, faultJson(known));
  else world.stderr.write(`${faultText(known, world.env.MEMVAULT_DEBUG === "1")}\n`);
  return exitCode(known);
}

const write = ({ stdout }: World, value: unknown): void =>
  void stdout.write(`${JSON.stringify(value, plain, 2)}\n`);
