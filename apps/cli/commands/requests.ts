import path from "node:path";

import {
  acceptRequest,
  checkRequest,
  keepRequest,
  refuseRequest,
  requests,
  type AcceptedTerms,
  type KeptRequest,
} from "../../../client/agents.ts";
import { AlreadyMember, InvalidExpiry, WalletRequired, type Vault } from "../../../client/index.ts";
import {
  ATTESTATION_OPTIONS,
  attestationJson,
  requiredAttestation,
  type AttestationOptions,
  type RequiredAttestation,
} from "../attested.ts";
import type { Cli, Report } from "../cli.ts";
import { GRANT_GAS, grantIn, minutesOf, MOST_DAYS, type GrantOutcome } from "../granting.ts";
import { look } from "../look.ts";
import { deploymentOn } from "../network.ts";
import { checkedJson, keptJson, requestLine, requestNamed, requestPage, requestRow } from "../requests.ts";
import type { OpenVault, Session } from "../session.ts";
import { iso } from "../show.ts";
import { syncJson } from "../syncing.ts";
import { table } from "../terminal.ts";
import { requireFunds } from "../wallet.ts";
import { confirmNewScopes } from "./grant.ts";

interface Options extends AttestationOptions {
  readonly label?: string;
  readonly wait: string;
  readonly storeWelcome?: boolean;
  readonly out?: string;
}

/** Commands of the owner about what agents ask for. */
export const addRequests = (cli: Cli): void => {
  const command = cli.add(
    {
      usage: "requests",
      summary: "List what agents asked for, and what became of it on this device",
      about: "Your other devices do not know what was taken or refused here: each asks you by itself.",
      examples: ["memvault requests", "memvault requests --json"],
    },
    async (session) => {
      const { vault } = await session.vault("owner");
      const found = await requests(vault);
      const head = ["REQUEST", "", "ACCOUNT", "ASKS FOR", "UNTIL"];
      return {
        json: { requests: found.map(keptJson) },
        lines: found.length === 0 ? ["Nobody asked for anything."] : table([head, ...found.map(requestRow)]),
      };
    },
  );
  cli.add(
    {
      usage: "add <request>",
      parent: command,
      summary: "Check a request, show it in full, and keep it until you accept or refuse it",
      about:
        "The request is its text, a file, or - for what is piped in. Nothing is granted yet. What stands in quotes are the agent's\n" +
        "words: its signature shows who says them, and not that they are true.",
      examples: ["memvault requests add request.txt", "memvault requests add - --json"],
    },
    async (session, _options, [from = ""]) => {
      const line = await requestLine(from, session.world);
      const { vault, network } = await session.vault("owner");
      const checked = await keepRequest(vault, deploymentOn(network).keyRegistry, line);
      const missing = await newScopes(vault, checked.request.scopes);
      return {
        json: checkedJson(checked, missing),
        lines: [...requestPage(checked, missing), `Next: memvault requests accept ${checked.id.slice(0, 8)}`],
      };
    },
  );
  cli
    .add<Options>(
      {
        usage: "accept <request>",
        parent: command,
        summary: "Grant exactly what a request asks for",
        about:
          "It is checked again, shown in full and asked about; the grant is then as memvault grant makes it. The label is your own.\n" +
          "Interrupted, the same command goes on.",
        examples: ['memvault requests accept 5b1c09aa --label "my travel agent"'],
        options: [
          ["--label <words>", "your own words for the grantee; sealed"],
          ["--store-welcome", "leave the welcome in the store as well; so it is for contracts, always"],
          ["--out <file>", "where the welcome goes"],
          ...ATTESTATION_OPTIONS,
        ],
      },
      accept,
    )
    .option("--wait <minutes>", "how long to wait until it is final", "20");
  cli.add(
    {
      usage: "refuse <request>",
      parent: command,
      summary: "Refuse a request: on this device it is not taken any more",
      examples: ["memvault requests refuse 5b1c09aa"],
    },
    async (session, _options, [who = ""]) => {
      const { vault } = await session.vault("owner");
      const { id } = await requestNamed(vault, who);
      await refuseRequest(vault, id);
      return { json: { id, state: "refused" }, lines: ["Refused. The agent is not told."] };
    },
  );
};

/** Names that a vault has no scope of. */
async function newScopes(vault: Vault, names: readonly string[]): Promise<string[]> {
  const { scopes } = await look(vault);
  return names.filter((name) => !scopes.has(name));
}

async function accept(session: Session, options: Options, [who = ""]: readonly string[]): Promise<Report> {
  const wait = minutesOf(options.wait);
  const attestation = await requiredAttestation(options);
  const opened = await session.vault("owner", true);
  const { vault, network } = opened;
  const { keyRegistry } = deploymentOn(network);
  const kept = await requestNamed(vault, who);
  if (kept.state === "waiting" || kept.state === "accepting") await consent(session, opened, kept);
  const label = options.label ?? kept.label;
  const made = await acceptRequest(vault, keyRegistry, kept.id, label, (terms) =>
    granting(session, opened, { ...options, ...terms, wait, attestation }),
  );
  return reportOf(kept, made);
}

/** Shows a request in full, and asks; unless that was done, and the grant was made before somebody interrupted it. */
async function consent(
  session: Session,
  { vault, network, account }: OpenVault,
  { state, line, request }: KeptRequest,
): Promise<void> {
  if (account === undefined) throw new WalletRequired("grant");
  const { keyRegistry } = deploymentOn(network);
  const checked = await checkRequest(vault, keyRegistry, line).catch((fault: unknown) => {
    if (state === "accepting" && fault instanceof AlreadyMember) return null;
    throw fault;
  });
  if (checked === null) return;
  const now = (await vault.provider.getBlock("latest"))?.timestamp ?? 0;
  const latest = now + MOST_DAYS * 86_400;
  // As memvault grant: what one would not type oneself, one is not asked for either.
  if (request.expiresAt > latest) throw new InvalidExpiry(request.expiresAt, now, latest);
  await requireFunds(account, network.provider, GRANT_GAS);
  for (const fact of requestPage(checked, await newScopes(vault, request.scopes))) session.say(fact);
  await confirmNewScopes(session, vault, request.scopes);
  await session.confirm("This grants exactly that.");
}

/** What the command line adds to what a request says. */
type Given = Pick<Options, "storeWelcome" | "out"> & {
  readonly wait: number;
  readonly attestation: RequiredAttestation | null;
};

/** The grant of a request, by the way that every grant goes. */
function granting(
  session: Session,
  { vault, known, network }: OpenVault,
  { account, ...terms }: AcceptedTerms & Given,
): Promise<GrantOutcome> {
  const { say, home, world } = session;
  const { keyRegistry } = deploymentOn(network);
  const place = { vault, keyRegistry, label: known.label, welcomes: path.join(home, "welcomes"), say };
  const roots = world.attestationRoots;
  return grantIn({ ...place, line: session.progress(), roots }, { ...terms, to: account });
}

function reportOf({ id, request, memberId }: KeptRequest, made: GrantOutcome | null): Report {
  return {
    json: {
      ...{ id, scopes: request.scopes, expiresAt: iso(request.expiresAt * 1_000) },
      ...{ memberId: made?.memberId ?? memberId, digest: request.recipientDigest },
      welcome: made?.file ?? null,
      ...(made?.attestation == null ? {} : { attestation: attestationJson(made.attestation) }),
      ...(made?.granted == null ? { transaction: null } : syncJson(made.granted)),
    },
    lines: made === null ? ["It was granted before, and its welcome handed over."] : [],
  };
}
