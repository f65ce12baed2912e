import { propose } from "../../../client/agents.ts";
import { read, scopeName, WalletRequired } from "../../../client/index.ts";
import type { Cli, Report } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { list, memoryType, time, whole } from "../parse.ts";
import type { Session } from "../session.ts";
import { ID_SHOWN } from "../show.ts";

interface Options {
  readonly scope?: string;
  readonly type?: string;
  readonly importance?: string;
  readonly tags?: string;
  readonly until?: string;
}

export const addPropose = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "propose [text...]",
      summary: "Propose a memory to the owner of a vault that you read",
      about:
        "It takes a grant with --propose, and the account that it names, which signs and pays. The text is sealed to the owner, who " +
        "alone decides. That you proposed something stands on chain. Without a text it is read from what is piped in.",
      examples: ['memvault propose --scope travel "Likes small hotels"'],
      options: [
        ["-s, --scope <name>", "which of the scopes that you read it is for"],
        ["--type <type>", "semantic, a fact that holds (the default), or episodic, something that happened"],
        ["--importance <number>", "0 to 100"],
        ["--tags <names>", "with commas between"],
        ["--until <date>", "when it stops being true"],
      ],
    },
    proposeIn,
  );
};

async function proposeIn(session: Session, options: Options, args: readonly string[]): Promise<Report> {
  const { world } = session;
  const { scope: name, type, importance, tags, until } = options;
  const text = (args.length > 0 ? args.join(" ") : world.piped ? await world.input() : "").trim();
  if (text === "" || name === undefined)
    throw new UsageFault('Say what, and for which scope: memvault propose --scope travel "…"');
  const { vault, account } = await session.vault("reader", true);
  if (account === undefined) throw new WalletRequired("propose");
  const memory = {
    text,
    ...(type === undefined ? {} : { type: memoryType(type) }),
    ...(importance === undefined ? {} : { importance: whole("--importance", importance, 0, 100) }),
    ...(tags === undefined ? {} : { tags: list(tags) }),
    ...(until === undefined ? {} : { validUntil: time("--until", until) }),
  };
  const { scopes } = await read(vault);
  // A scope that one does not read looks the same as one that does not exist.
  const scope = scopes.find((each) => each.name === scopeName(name));
  if (scope === undefined) throw new UsageFault(`You read no scope ${JSON.stringify(name)}.`);
  const { digest, receipt } = await propose(vault, { memories: [{ ...memory, scope: scope.id }] });
  return {
    json: { proposal: digest, transaction: receipt.hash, gas: receipt.gasUsed },
    lines: [`Proposed ${digest.slice(0, ID_SHOWN)}; its owner decides.`, `Transaction  ${receipt.hash}`],
  };
}
