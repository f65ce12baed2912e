import type { Command } from "commander";
import { Contract, isError, toUtf8Bytes } from "ethers";

import { agentContract } from "../../../client/agents.ts";
import {
  ContractRefusal,
  keyOf,
  KeyNotPublished,
  registryContract,
  WalletRequired,
} from "../../../client/index.ts";
import { operatorAt } from "../../agent/index.ts";
import { agentIn } from "../agents.ts";
import type { Cli, Report } from "../cli.ts";
import { AgentNotGranted, AskerNotOwner, NothingRequested, UsageFault } from "../faults.ts";
import { deploymentOn, type Network } from "../network.ts";
import { WHOLE_ID } from "../parse.ts";
import { idText } from "../profile.ts";
import type { Session } from "../session.ts";
import type { Account } from "../wallet.ts";

interface Options {
  readonly agent?: string;
}

/** What no runner looks at is not paid for. */
const MAX_QUESTION = 8_192;

/** How both examples are asked. What a derived contract takes is its own affair. */
const ASK = ["function ask(uint256 vaultId, string question) returns (uint256)"];
const REFUSALS = ["error NotOwner(uint256 vaultId, address caller)"];

export const addAgentAsk = (cli: Cli, parent: Command): void => {
  cli.add<Options>(
    {
      parent,
      usage: "ask <question>",
      summary: "Ask an agent contract about a vault, in public",
      about:
        "For contracts that take ask(uint256,string), as both examples do. Question, vault and asker stand on chain for ever. The answer " +
        "is sealed to your key if you published one: memvault agent key publish, then memvault agent answers.",
      examples: ['memvault agent ask "Which seat do I like?" --agent 0x…'],
      options: [["--agent <address>", "the agent contract"]],
    },
    ask,
  );
};

async function ask(
  session: Session,
  { agent: named }: Options,
  [question = ""]: readonly string[],
): Promise<Report> {
  const agent = agentIn(named);
  const size = toUtf8Bytes(question).length;
  if (question.trim() === "" || size > MAX_QUESTION)
    throw new UsageFault(`A question has 1 to ${MAX_QUESTION} bytes; this has ${size}.`);
  const vaultId = await vaultOf(session);
  const network = await session.network();
  const account = await session.account();
  if (account === undefined) throw new WalletRequired("ask");
  await operatorAt(agent, agentContract(agent, network.provider), deploymentOn(network));
  if (!(await hasKey(network, account.address)))
    session.warn("You have no key in KeyRegistry: nothing can be sealed to you. memvault agent key publish");
  await session.confirm("The question, the vault and your address will stand on chain for ever.");
  const { requestId, transaction } = await send(agent, account, vaultId, question);
  return {
    json: { agent, requestId, transaction },
    lines: [`Request ${requestId}, in ${transaction}.`, `Next: memvault agent answers --agent ${agent}`],
  };
}

/** The vault that is named whole, or the owner's own: who asks need not hold any. */
async function vaultOf(session: Session): Promise<bigint> {
  const { vault: named } = session.globals;
  if (named !== undefined && WHOLE_ID.test(named)) return BigInt(named);
  return (await session.vault("owner")).known.vaultId;
}

const hasKey = ({ provider, ...network }: Network, account: string): Promise<boolean> =>
  keyOf(registryContract(deploymentOn({ provider, ...network }).keyRegistry, provider), account).then(
    () => true,
    (fault: unknown) => {
      if (fault instanceof KeyNotPublished) return false;
      throw fault;
    },
  );

/**
 * @throws {AgentNotGranted|AskerNotOwner} when it says so. {NothingRequested} when it took the question for nothing.
 * @throws {ContractRefusal} when the contract takes no such question, from this account, about that vault.
 */
async function send(agent: string, account: Account, vaultId: bigint, question: string) {
  const { interface: base } = agentContract(agent, account);
  const contract = new Contract(agent, [...base.fragments, ...ASK, ...REFUSALS], account);
  try {
    const sent = (await contract.getFunction("ask").send(vaultId, question)) as Sent;
    const receipt = await sent.wait();
    const logs = receipt?.logs.filter(({ address }) => address === agent) ?? [];
    const asked = logs.map((log) => base.parseLog(log)).find((log) => log?.name === "Requested");
    if (asked == null) throw new NothingRequested(agent, sent.hash);
    return { requestId: String(asked.args["requestId"]), transaction: sent.hash };
  } catch (cause) {
    if (!isError(cause, "CALL_EXCEPTION")) throw cause;
    const { data } = cause;
    // A selector has eight digits; a contract that knows no such question says less.
    const refusal = data === null || data.length < 10 ? null : contract.interface.parseError(data);
    if (refusal?.name === "NotGranted") throw new AgentNotGranted(agent, idText(vaultId));
    if (refusal?.name === "NotOwner") throw new AskerNotOwner(agent, idText(vaultId), account.address);
    throw new ContractRefusal(refusal?.name ?? "reverted", refusal?.args.toArray() ?? [], { cause });
  }
}

type Sent = Awaited<ReturnType<Account["sendTransaction"]>>;
