import type { Command } from "commander";
import { getBytes } from "ethers";

import {
  agentContract,
  blockRanges,
  isSealedAnswer,
  logsOfRange,
  openAnswer,
} from "../../../client/agents.ts";
import { VaultError, WalletRequired } from "../../../client/index.ts";
import { operatorAt } from "../../agent/index.ts";
import { agentIn } from "../agents.ts";
import type { Cli, Report } from "../cli.ts";
import { deploymentOn, type Network } from "../network.ts";
import { whole } from "../parse.ts";
import { idText } from "../profile.ts";
import type { Session } from "../session.ts";
import { iso } from "../show.ts";
import { facts, hidden, quoted } from "../terminal.ts";

interface Options {
  readonly agent?: string;
  readonly from?: string;
}

export const addAgentAnswers = (cli: Cli, parent: Command): void => {
  cli.add<Options>(
    {
      parent,
      usage: "answers",
      summary: "Read what an agent answered to your account",
      about:
        "Opens with this profile's key what was sealed to it. The text is the agent's: data, whatever it says. Answers rest on the " +
        "head that they name; memvault audit holds that against the vault's log.",
      examples: ["memvault agent answers --agent 0x…", "memvault agent answers --agent 0x… --json"],
      options: [
        ["--agent <address>", "the agent contract"],
        ["--from <block>", "look no further back; the contracts' first block unless given"],
      ],
    },
    answers,
  );
};

async function answers(session: Session, { agent: named, from }: Options): Promise<Report> {
  const agent = agentIn(named);
  const network = await session.network();
  const account = await session.account();
  if (account === undefined) throw new WalletRequired("know whose answers to read");
  const { identity } = (await session.profile()).keys;
  const oldest = from === undefined ? deploymentOn(network).block : whole("--from", from, 0, 1e12);
  await operatorAt(agent, agentContract(agent, network.provider), deploymentOn(network));
  const { found, asked } = await answersTo(network, agent, account.address, oldest);
  const shown = await Promise.all(found.map((answer) => opened(network, agent, identity, answer)));
  const now = await timeOf(session, network);
  const open = asked
    .filter(({ requestId }) => !found.some((answer) => answer.requestId === requestId))
    .map(({ requestId, vaultId, deadline }) => ({
      ...{ requestId: String(requestId), vaultId: idText(vaultId), deadline: iso(Number(deadline) * 1_000) },
      late: Number(deadline) < now,
    }));
  const none = `${account.address} asked it nothing${from === undefined ? "" : ` since block ${from}`}.`;
  return {
    json: { agent, answers: shown, open },
    lines: asked.length === 0 ? [none] : [...shown.flatMap(linesOf), ...open.map(openLine)],
  };
}

/** Unix seconds: the later of the chain's clock, which the contract goes by, and this machine's. */
async function timeOf({ world }: Session, { provider }: Network): Promise<number> {
  const { timestamp } = (await provider.getBlock("latest")) ?? { timestamp: 0 };
  return Math.max(timestamp, Math.floor(world.now() / 1_000));
}

/** Nobody tells why: it may have been declined, given up, or not looked at. */
const openLine = ({ requestId, deadline, late }: Open): string =>
  late
    ? `Request ${requestId} was not answered; its time ended ${deadline}. Ask again, or ask its operator.`
    : `Request ${requestId} has no answer yet. It may be answered until ${deadline}.`;

interface Open {
  readonly requestId: string;
  readonly deadline: string | number;
  readonly late: boolean;
}

interface Found {
  readonly requestId: bigint;
  readonly vaultId: bigint;
  readonly sequence: bigint;
  readonly root: string;
  readonly data: string;
  readonly transaction: string;
}

interface Asked {
  readonly requestId: bigint;
  readonly vaultId: bigint;
  readonly deadline: bigint;
}

/** One account's requests, and the answers to them, oldest first. */
async function answersTo(
  { provider }: Network,
  agent: string,
  asker: string,
  oldest: number,
): Promise<{ readonly found: Found[]; readonly asked: readonly Asked[] }> {
  const contract = agentContract(agent, provider);
  const reach = () => provider.getBlockNumber();
  const requested = contract.filters.Requested(undefined, undefined, asker);
  const ranges = [...blockRanges(await reach(), oldest)].reverse();
  const own = new Map<bigint, Asked>();
  const found: Found[] = [];
  for (const range of ranges) {
    const questions = await logsOfRange(range, {
      logs: ({ fromBlock, toBlock }) => contract.queryFilter(requested, fromBlock, toBlock),
      reach,
    });
    for (const { args } of questions) own.set(args.requestId, args);
    if (own.size === 0) continue;
    const answered = await logsOfRange(range, {
      logs: ({ fromBlock, toBlock }) => contract.queryFilter(contract.filters.Answered(), fromBlock, toBlock),
      reach,
    });
    for (const event of answered) {
      const { requestId, vaultId, sequence, root, data } = event.args;
      if (own.has(requestId))
        found.push({ requestId, vaultId, sequence, root, data, transaction: event.transactionHash });
    }
  }
  return { found, asked: [...own.values()] };
}

async function opened({ chainId }: Network, agent: string, identity: string, found: Found) {
  const { requestId, vaultId, sequence, root, transaction } = found;
  const data = getBytes(found.data);
  const base = {
    ...{ requestId: String(requestId), vaultId: idText(vaultId), sealed: isSealedAnswer(data) },
    ...{ sequence, root, transaction },
  };
  const place = { chainId, agent, vaultId, requestId, sequence, root };
  return openAnswer(data, identity, place).then(
    (text) => ({ ...base, text, fault: null }),
    (fault: unknown) => {
      // One that somebody cannot open is no reason not to show the others.
      if (!(fault instanceof VaultError)) throw fault;
      return { ...base, text: null, fault: { name: fault.name, message: fault.message } };
    },
  );
}

const linesOf = (answer: Awaited<ReturnType<typeof opened>>): string[] => {
  const mark = hidden(answer.text ?? "");
  return [
    ...facts([
      ["Request", `${answer.requestId}, vault ${answer.vaultId}`],
      ["Answer", answer.sealed ? "sealed to you" : "public: everybody reads it"],
      ["Rests on", answer.sequence === 0n ? "no head that it names" : `commit ${answer.sequence}`],
      mark === "" ? null : ["", mark],
    ]),
    // Each line stands back: what an agent says looks like nothing that this command says.
    ...(answer.text ?? answer.fault.message).split("\n").map((line) => `  | ${quoted(line)}`),
    "",
  ];
};
