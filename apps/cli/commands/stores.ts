import { vaultAt, VaultError } from "../../../client/index.ts";
import {
  audit,
  carryOver,
  collectGarbage,
  repair,
  type Audit,
  type Repair,
  type StoreCopies,
} from "../../../client/stores.ts";
import { auditReceipts } from "../../../client/agents.ts";
import type { Cli, Report } from "../cli.ts";
import { writeConfig } from "../config.ts";
import { EXIT, UsageFault } from "../faults.ts";
import { deploymentOn, rpcsOf } from "../network.ts";
import { deviceOf, idText, vaultsOf } from "../profile.ts";
import { receiptReport } from "../receipts.ts";
import type { Session } from "../session.ts";
import { storeAt, storeText, STORE_SYNTAX } from "../stores.ts";
import { count, size } from "../terminal.ts";

/** Commands about where blobs are. */
export const addStores = (cli: Cli): void => {
  cli.add<AuditOptions>(
    {
      usage: "audit",
      summary: "Show what each store has of what the vault needs, or what an agent's answers rested on",
      about:
        "Reads every blob that the newest head needs from every store, and changes nothing. Missing: the store answers, and does\n" +
        "not have it. Out of reach: it does not answer. Lost: every store answers, and none has it. What a shred gave up is no\n" +
        "loss; where it is still there, it is told. With --agent it holds every receipt of an agent contract's answers against the\n" +
        "vault's own log instead. It ends with 5 where something is altered or lost, or a receipt is false; with 6 where something\n" +
        "else is to be repaired; with 10 where the contract logged more answers than are looked at, or what nobody can read.",
      examples: [
        "memvault audit",
        "memvault audit --store dir:/mnt/backup --json",
        "memvault audit --agent 0x5FbDB2315678afecb367f032d93F642f64180aa3",
      ],
      options: [
        ["--agent <address>", "the receipts of this agent contract"],
        ["--text", "with --agent: questions and answers as well, which are public"],
      ],
    },
    async (session, { agent, text = false }) => {
      if (agent !== undefined) {
        const { vault } = await session.vault("owner");
        return receiptReport(await auditReceipts(vault, agent), text);
      }
      if (text)
        throw new UsageFault("--text is of an agent's questions and answers: say which with --agent.");
      const { vault } = await session.vault(null);
      const found = await audit(vault);
      const lines = auditLines(found, await session.store());
      return { json: auditJson(found), lines, status: statusOf(found) };
    },
  );
  cli.add(
    {
      usage: "repair",
      summary: "Copy what a store lacks from those that have it",
      about:
        "Every copy is read back. What was given up before and came back, from a backup perhaps, is given up again. A store on chain\n" +
        "asks before it is paid. It ends with 5 where something stays lost or altered, with 6 where a store was out of reach or took\n" +
        "no copy: then not all is mended.",
      examples: [
        "memvault repair",
        "memvault repair --store mirror:dir:/mnt/backup+dir:/home/me/.memvault/blobs  # from a backup",
      ],
    },
    async (session) => {
      const { vault } = await session.vault(null, true);
      const done = await repair(vault);
      return { json: repairJson(done), lines: repairLines(done), status: repairStatus(done) };
    },
  );
  cli.add<{ readonly copy: boolean }>(
    {
      usage: "move <store>",
      summary: "Move all vaults of this profile to another store",
      about:
        `A store is ${STORE_SYNTAX}.\n` +
        "Copies all that their heads need, reads every copy back, and writes the store into the profile; the chain is told nothing.\n" +
        "What lies in the old store stays there. Readers and other devices need the new one as well: there it is the same command\n" +
        "with --no-copy.",
      examples: [
        "memvault move ipfs:http://127.0.0.1:5001",
        "memvault move mirror:2/dir:/mnt/disk+ipfs:http://127.0.0.1:5001,https://trustless-gateway.link",
        "memvault move chain",
        "memvault move dir:/mnt/disk --no-copy          # it is all there already",
      ],
      options: [["--no-copy", "copy nothing: the store has it all"]],
    },
    move,
  );
  cli.add(
    {
      usage: "gc",
      summary: "Give up blobs that the vault does not need any more",
      about:
        "Only what this device saw drop out of the head goes, and nothing before every needed blob was read. No key is destroyed:\n" +
        "forget --shred does that. Earlier heads cannot be read or gone back to afterwards.",
      examples: ["memvault gc", "memvault gc --yes --json"],
    },
    async (session) => {
      const { vault } = await session.vault("owner");
      await session.confirm(
        "Earlier heads cannot be gone back to afterwards, and a device that slept may miss them.",
      );
      const blobs = await collectGarbage(vault);
      return { json: { blobs }, lines: [`${count(blobs, "blob")} given up.`] };
    },
  );
};

interface AuditOptions {
  readonly agent?: string;
  readonly text?: boolean;
}

async function move(
  session: Session,
  { copy }: { readonly copy: boolean },
  [text = ""]: readonly string[],
): Promise<Report> {
  const store = storeText(text);
  const to = storeAt(store, session.storeWorld);
  const profile = await session.profile();
  const known = await vaultsOf(profile);
  let [blobs, bytes] = [0, 0];
  if (copy && known.length > 0) {
    const network = await session.network();
    const { memoryVault } = deploymentOn(network);
    const elsewhere = known.find(
      ({ chainId, contract }) =>
        chainId !== network.chainId || contract.toLowerCase() !== memoryVault.toLowerCase(),
    );
    // The profile has one store for all: a vault that is left behind could not be read any more.
    if (elsewhere !== undefined) throw new VaultElsewhere(idText(elsewhere.vaultId), elsewhere.chainId);
    for (const each of known) {
      const vault = vaultAt(each, { ...deviceOf(profile, each), ...rpcsOf(network) });
      const carried = await carryOver(vault, to);
      blobs += carried.blobs;
      bytes += carried.bytes;
    }
  }
  await writeConfig(session.home, { ...(await session.config()), store });
  return {
    json: { store, vaults: known.length, blobs, bytes, copied: copy },
    lines: [
      copy
        ? `${count(blobs, "blob")} of ${count(known.length, "vault")} copied and read back: ${size(bytes)}.`
        : "Nothing was copied.",
      `From here on blobs are in ${store}.`,
      ...(copy && known.length > 0
        ? [`Readers and other devices need to be told: memvault move ${store} --no-copy`]
        : []),
    ],
  };
}

/** A vault of the profile is on a chain that is not at hand, and would be left behind. */
export class VaultElsewhere extends VaultError {
  constructor(
    readonly vaultId: string,
    readonly chainId: bigint,
  ) {
    super(
      `Vault ${vaultId} is on chain ${chainId}, and its blobs would be left behind. Use a profile of its own, or --no-copy.`,
    );
  }
}

/** Whether nothing needs to be done. */
const isSound = ({ below, stores }: Pick<Audit, "below" | "stores">): boolean =>
  below.length === 0 &&
  stores.every(({ missing, altered, unreachable, leftOver }) =>
    [missing, altered, unreachable, leftOver].every(({ length }) => length === 0),
  );

/** What is altered or lost cannot be trusted, or had; anything else is repaired, or there again later. */
const statusOf = (found: Audit): number =>
  found.lost.length > 0 || found.stores.some(({ altered }) => altered.length > 0)
    ? EXIT.integrity
    : isSound(found)
      ? EXIT.ok
      : EXIT.unavailable;

const goneBy = ({ from, fault, unknownWelcomes }: Pick<Audit, "from" | "fault" | "unknownWelcomes">) => ({
  ...{ from, fault: fault === null ? null : { name: fault.name, message: fault.message }, unknownWelcomes },
});

const auditJson = (found: Audit) => ({ sound: isSound(found), ...found, ...goneBy(found) });

const storeLine = ({
  name,
  present,
  missing,
  altered,
  unreachable,
  leftOver,
  fault,
}: StoreCopies): string[] => [
  `${name}: ${[
    `${present.length} present`,
    missing.length > 0 ? `${missing.length} missing` : "",
    altered.length > 0 ? `${altered.length} altered` : "",
    unreachable.length > 0 ? `${unreachable.length} out of reach` : "",
    leftOver.length > 0 ? `${leftOver.length} given up and still there` : "",
  ]
    .filter((part) => part !== "")
    .join(", ")}`,
  ...(fault === null ? [] : [`  ${fault}`]),
];

/** Copies that are missing or altered where another store has the blob, and what is to be given up again. */
const isMendable = ({ stores, lost, doubtful }: Audit): boolean => {
  const nowhere = new Set([...lost, ...doubtful]);
  return stores.some(
    ({ missing, altered, leftOver }) =>
      leftOver.length > 0 || [...missing, ...altered].some((digest) => !nowhere.has(digest)),
  );
};

/** What can be done about what an audit found. */
function adviceOf(found: Audit, store: string): string[] {
  if (isSound(found)) return ["All is there."];
  // A mirror has no mirror in it: the backup joins the one that there is.
  const others = store.replace(/^mirror:(?:\d+\/)?/, "");
  return [
    ...(isMendable(found) ? ["memvault repair copies what is missing."] : []),
    ...(found.stores.some(({ unreachable }) => unreachable.length > 0)
      ? ["Where a store is out of reach, look again when it answers."]
      : []),
    ...(found.lost.length > 0
      ? [`From a backup, what is lost comes back: memvault repair --store mirror:dir:BACKUP+${others}`]
      : []),
  ];
}

function auditLines(found: Audit, store: string): string[] {
  const { blobs, quorum, stores, below, lost, doubtful, givenUp } = found;
  return [
    `${count(blobs, "blob")} needed, ${count(quorum, "copy", "copies")} of each at the least.`,
    ...(found.fault === null
      ? []
      : [`The head does not open; what the last final one needs was looked for. ${found.fault.message}`]),
    ...stores.flatMap(storeLine),
    ...below.map(
      ({ digest, copies, short }) =>
        `${digest}: ${count(copies, "copy", "copies")}, ${short} below the quorum`,
    ),
    ...lost.map((digest) => `${digest}: LOST, every store answered and none has it`),
    ...doubtful.map((digest) => `${digest}: no store that answered has it`),
    ...(givenUp > 0 ? [`${count(givenUp, "blob")} given up on purpose are no loss.`] : []),
    ...found.unknownWelcomes.map((grantee) => `Whether the welcome of ${grantee} is there is not known.`),
    ...adviceOf(found, store),
  ];
}

/** Stores that did not answer: nothing was looked for there, and nothing copied. */
const silentIn = ({ before }: Pick<Repair, "before">): readonly StoreCopies[] =>
  before.stores.filter(({ unreachable }) => unreachable.length > 0);

/** What stays lost or altered cannot be had, or trusted; what a store did not take, or answer, may be mended later. */
function repairStatus(done: Repair): number {
  const { before, failed } = done;
  const worst = new Set([...before.lost, ...before.stores.flatMap(({ altered }) => altered)]);
  if (failed.some(({ digest }) => worst.has(digest))) return EXIT.integrity;
  return failed.length + silentIn(done).length > 0 ? EXIT.unavailable : EXIT.ok;
}

const repairJson = (done: Repair) => ({
  mended: repairStatus(done) === EXIT.ok,
  before: done.before,
  copied: Object.fromEntries(done.copied),
  givenUp: Object.fromEntries(done.givenUp),
  ...{ failed: done.failed, ...goneBy(done) },
});

const repairLines = (done: Repair): string[] => [
  ...repairedLines(done),
  ...silentIn(done).flatMap(({ name, unreachable, fault }) => [
    `${name}: out of reach; of ${count(unreachable.length, "blob")} it is not known whether they are there`,
    ...(fault === null ? [] : [`  ${fault}`]),
  ]),
  repairSummary(done),
];

function repairSummary(done: Repair): string {
  const { copied, givenUp, failed } = done;
  if (failed.length > 0) return `${count(failed.length, "copy", "copies")} could not be made.`;
  if (silentIn(done).length > 0) return "Not all is mended: repair again when the store answers.";
  return copied.size + givenUp.size === 0 ? "There was nothing to repair." : "All is there.";
}

const repairedLines = ({ copied, givenUp, failed }: Repair): string[] => [
  ...[...copied].map(([store, digests]) => `${store}: ${count(digests.length, "blob")} copied and read back`),
  ...[...givenUp].map(([store, digests]) => `${store}: ${count(digests.length, "blob")} given up again`),
  ...failed.map(({ store, digest, why }) => `${store}: NOT ${digest}: ${why}`),
];
