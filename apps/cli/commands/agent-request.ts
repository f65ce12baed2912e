import { randomBytes } from "@noble/hashes/utils.js";
import type { Command } from "commander";
import { getAddress, isAddress } from "ethers";

import { decodeRequest, makeRequest, requestIdOf, requireSignedBy } from "../../../client/agents.ts";
import {
  InvalidAccount,
  keyOf,
  PERMISSION,
  registryContract,
  vaultContract,
  WalletRequired,
} from "../../../client/index.ts";
import { claimOf } from "../../../client/agents.ts";
import type { Cli, Report } from "../cli.ts";
import { UsageFault } from "../faults.ts";
import { GRANT_DAYS, MOST_DAYS } from "../granting.ts";
import { deploymentOn } from "../network.ts";
import { list, positive, WHOLE_ID } from "../parse.ts";
import { requestJson } from "../requests.ts";
import type { Session } from "../session.ts";

interface Options {
  readonly agent?: string;
  readonly scopes?: string;
  readonly purpose?: string;
  readonly days: string;
  readonly propose?: boolean;
}

/** Adds what asks an owner for access, below `agent`. */
export const addAgentRequest = (cli: Cli, parent: Command): void => {
  cli
    .add<Options>(
      {
        usage: "request",
        parent,
        summary: "Ask a vault's owner for access, by one signed line of text",
        about:
          "The account of this profile signs, for itself or as the operator of the agent contract that is named. The key is the\n" +
          "one that the agent has in KeyRegistry now: where it changes before the owner accepts, ask again. Hand the line to the\n" +
          "owner, by any way you like: memvault requests add takes it. Until then it gives nobody anything.",
        examples: [
          'memvault agent request --vault 0xVAULT --agent 0xAGENT --scopes travel --purpose "To plan a journey" > request.txt',
          'memvault agent request --vault 0xVAULT --scopes travel,health --purpose "To coach" --days 90 --propose --json',
        ],
        options: [
          ["--agent <address>", "the agent contract; the account itself unless said"],
          ["--scopes <names>", "with commas between; the owner sees which are not there"],
          ["--purpose <words>", "what for, in your own words: one line"],
          ["--propose", "ask to propose memories as well"],
        ],
      },
      request,
    )
    .option("--days <number>", "how long it is to last", String(GRANT_DAYS));
};

async function request(session: Session, options: Options): Promise<Report> {
  const { scopes = "", purpose, days, propose = false } = options;
  const { vault: named } = session.globals;
  if (named === undefined || !WHOLE_ID.test(named))
    throw new UsageFault("Say which vault, by its whole id: --vault 0x and 64 digits.");
  if (list(scopes).length === 0 || purpose === undefined)
    throw new UsageFault("Say what is asked for, and what for: --scopes and --purpose.");
  const lasts = positive("--days", days, MOST_DAYS);
  const { agent } = options;
  if (agent !== undefined && !isAddress(agent)) throw new InvalidAccount(agent);
  const network = await session.network();
  const { memoryVault, keyRegistry } = deploymentOn(network);
  const signer = await session.account();
  if (signer === undefined) throw new WalletRequired("sign a request");
  const { provider, secondProvider, chainId } = network;
  const account = getAddress(agent ?? signer.address);
  const second = secondProvider === undefined ? undefined : registryContract(keyRegistry, secondProvider);
  const { digest } = await keyOf(registryContract(keyRegistry, provider), account, second);
  const block = await provider.getBlock("latest");
  const ref = { chainId, contract: memoryVault.toLowerCase(), vaultId: BigInt(named) };
  const terms = {
    ...{ ref, account, recipientDigest: digest, scopes: list(scopes), purpose },
    permissions: PERMISSION.read | (propose ? PERMISSION.propose : 0),
    expiresAt: (block?.timestamp ?? 0) + Math.round(lasts * 86_400),
  };
  const line = await makeRequest(terms, signer, (length) => randomBytes(length));
  const made = decodeRequest(line);
  // Who signs for nobody's contract learns it here, and not from the owner.
  const asked = { ref, provider, contract: vaultContract(memoryVault, provider), second: null, patience: 0 };
  const signedBy = await requireSignedBy(asked, made.request.account, claimOf(made.request), made.signature);
  return {
    json: { line, id: requestIdOf(made.request), ...requestJson(made.request), signedBy },
    lines: [line],
  };
}
