import type { Command } from "commander";

import { agentContract } from "../../../client/agents.ts";
import {
  keyOf,
  KeyNotPublished,
  publishKey,
  recipientOf,
  registryContract,
  WalletRequired,
} from "../../../client/index.ts";
import { DEFAULTS, jsonLog, OperatorRequired, publishAgentKey, systemSleep } from "../../agent/index.ts";
import { agentIn, agentParts, MAX_FEE_HELP, maxFeeOf, pollOf } from "../agents.ts";
import type { Cli, Report } from "../cli.ts";
import { deploymentOn } from "../network.ts";
import { positive } from "../parse.ts";
import type { Session } from "../session.ts";
import { iso } from "../show.ts";
import { facts } from "../terminal.ts";
import type { Account } from "../wallet.ts";

interface Options {
  readonly agent?: string;
  readonly days?: string;
  readonly attestationCommand?: string;
  readonly maxFee?: string;
}

const DAY = 86_400;
const AGENT = [
  "--agent <address>",
  "the agent contract, whose operator pays; your own account unless given",
] as const;

export const addAgentKey = (cli: Cli, parent: Command): void => {
  const key = cli.add<Options>(
    {
      parent,
      usage: "key",
      summary: "Show the key that KeyRegistry has for an agent, or for your account",
      about:
        "What is sealed to an address is sealed to that key: welcomes to an agent, answers to whoever asked it. " +
        "Owners compare the digest before they grant.",
      examples: ["memvault agent key", "memvault agent key --agent 0x…"],
      options: [AGENT],
    },
    show,
  );
  cli.add<Options>(
    {
      parent: key,
      usage: "publish",
      summary: "Publish a key: this profile's, for your account; a new one, for an agent",
      about:
        "Whoever asks an agent publishes a key first, or no answer can be sealed. An agent's runner publishes its own by itself; " +
        "this does it anew after the key was withdrawn or replaced by hand.",
      examples: ["memvault agent key publish", "memvault agent key publish --agent 0x…"],
      options: [
        AGENT,
        ["--attestation-command <program>", "for an agent in an enclave: see agent run"],
        ["--max-fee <gwei>", `with --agent: ${MAX_FEE_HELP}`],
        ["--days <days>", `how long it is good; ${DEFAULTS.keyLifetime / DAY} unless given`],
      ],
    },
    publish,
  );
  cli.add<Options>(
    {
      parent: key,
      usage: "retire",
      summary: "Withdraw a key: nothing more is sealed to it",
      about:
        "What was sealed to it before still opens. A runner does not publish another by itself after that.",
      examples: ["memvault agent key retire --agent 0x…"],
      options: [AGENT],
    },
    retire,
  );
};

const payer = async (session: Session): Promise<Account> => {
  const account = await session.account();
  if (account === undefined) throw new WalletRequired("publish a key");
  return account;
};

async function show(session: Session, { agent }: Options): Promise<Report> {
  const network = await session.network();
  const address = agent === undefined ? (await payer(session)).address : agentIn(agent);
  const registry = registryContract(deploymentOn(network).keyRegistry, network.provider);
  const { digest, expiresAt, attestationDigest } = await keyOf(registry, address);
  return {
    json: { account: address, digest, expiresAt: iso(expiresAt * 1_000), attestationDigest },
    lines: facts([
      ["Account", address],
      ["Key", digest],
      ["Until", String(iso(expiresAt * 1_000))],
      BigInt(attestationDigest) === 0n ? null : ["Attestation", attestationDigest],
    ]),
  };
}

async function publish(session: Session, options: Options): Promise<Report> {
  const { agent, days } = options;
  const network = await session.network();
  const lifetime =
    days === undefined ? DEFAULTS.keyLifetime : Math.round(positive("--days", days, 3_650) * DAY);
  const account = await payer(session);
  if (agent !== undefined) await publishFor(session, agentIn(agent), account, lifetime, options);
  else {
    const { keys } = await session.profile();
    const registry = registryContract(deploymentOn(network).keyRegistry, account);
    const now = (await network.provider.getBlock("latest"))?.timestamp ?? 0;
    await publishKey(registry, await recipientOf(keys.identity), now + lifetime);
  }
  return show(session, agent === undefined ? {} : { agent });
}

/** The runner's journal has the identity before anybody can encrypt to it. */
async function publishFor(
  session: Session,
  agent: string,
  operator: Account,
  lifetime: number,
  { attestationCommand, maxFee }: Options,
): Promise<void> {
  const { now, stderr } = session.world;
  const network = await session.network();
  const parts = agentParts(session, await session.profile(), network, agent, attestationCommand);
  const release = await parts.journalStore.lock();
  try {
    const world = {
      ...{ ...parts, operator, now, sleep: systemSleep, handle: () => ({ kind: "decline" }) as const },
      log: jsonLog((line) => stderr.write(line), now),
    };
    await publishAgentKey(world, deploymentOn(network), {
      ...{ ...DEFAULTS, ...maxFeeOf(maxFee) },
      poll: pollOf(network),
      keyLifetime: lifetime,
    });
  } finally {
    await release();
  }
}

async function retire(session: Session, { agent }: Options): Promise<Report> {
  const network = await session.network();
  const account = await payer(session);
  const address = agent === undefined ? account.address : agentIn(agent);
  const registry = registryContract(deploymentOn(network).keyRegistry, account);
  if (BigInt((await registry.keyOf(address)).recipientDigest) === 0n) throw new KeyNotPublished(address);
  if (agent === undefined) await (await registry.retireKey()).wait();
  else {
    const contract = agentContract(address, account);
    const operator = await contract.operator();
    if (operator !== account.address) throw new OperatorRequired(address, operator, account.address);
    await (await contract.retireKey()).wait();
  }
  return { json: { account: address, retired: true }, lines: [`${address} has no key any more.`] };
}
