/**
 * Ratios measured in one run: what the vault costs beside doing without it, and what its shape saves. Ratios travel
 * between machines, milliseconds do not; nothing here is asserted.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ZeroHash } from "ethers";

import { encryptTo, generateIdentity, recipientBytes, recipientOf } from "../client/crypto/identity.ts";
import type { CreateOperation } from "../client/memory/operations.ts";
import { memoryStore } from "../client/storage/store.ts";
import { buildCommit, type BuiltCommit } from "../client/vault/commit.ts";
import { stateRootAfter, type ChainHead } from "../client/vault/contract.ts";
import { openHead, type MemberKeys } from "../client/vault/head.ts";
import { drawKeyring } from "../client/vault/keyring.ts";
import { planCommit, type Base, type Plan } from "../client/vault/plan.ts";
import type { RosterMember } from "../client/vault/roster.ts";
import { aligned } from "./table.ts";

const MEMORIES = 10_000;
const SCOPES = 10;
const READERS = 200;
const RUNS = 3;

const ref = { chainId: 31337n, contract: `0x${"11".repeat(20)}`, vaultId: 7n };
const visibilityKey = randomBytes(32);
const secret = randomBytes(32);

/** The middle one of some runs, in milliseconds, with its last result. */
async function timed<T>(work: () => T | Promise<T>, runs = RUNS): Promise<{ ms: number; result: T }> {
  const times: number[] = [];
  let result!: T;
  for (let run = 0; run < runs; run++) {
    const began = performance.now();
    result = await work();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { ms: times[times.length >> 1] ?? 0, result };
}

const create = (i: number): CreateOperation => ({
  ...{ kind: "create", id: bytesToHex(randomBytes(16)), at: 1_760_000_000_000 + i, type: "semantic" },
  scope: `scope ${i % SCOPES}`,
  text: `On day ${i} the owner told the assistant something of about the length that memories usually have: ${i * 7}.`,
  tags: ["bench"],
});

const device = async (): Promise<RosterMember> => ({
  ...{
    id: bytesToHex(randomBytes(16)),
    class: "owner",
    locator: randomBytes(32),
    label: "bench",
    grantee: null,
  },
  ...{
    listed: false,
    scopes: [],
    expiresAt: null,
    permissions: 1,
    admission: "joined",
    since: 0n,
    written: 0n,
  },
  ...{ recipient: recipientBytes(await recipientOf(generateIdentity())), welcomeDigest: null },
  erased: 0n,
});

const unwritten: ChainHead = {
  ...{ owner: ref.contract, authorizer: ref.contract, sequence: 0n, configNonce: 0n, generation: 1n },
  ...{ locked: true, foreign: false, prevStateRoot: ZeroHash, stateRoot: ZeroHash, transitionId: ZeroHash },
  ...{ root: ZeroHash, pointer: ZeroHash },
};

/** The head that a commit makes, as the contract would hold it. */
const headAfter = (head: ChainHead, { delta }: BuiltCommit): ChainHead => ({
  ...head,
  sequence: delta.sequence,
  prevStateRoot: delta.prevStateRoot,
  stateRoot: stateRootAfter(delta),
  root: delta.deltaCommitment,
  pointer: delta.locatorCommitment,
});

function build(base: Base, operations: readonly CreateOperation[]): { plan: Plan; built: BuiltCommit } {
  const batchId = bytesToHex(randomBytes(16));
  const common = {
    ref,
    visibilityKey,
    base,
    operations,
    rekey: null,
    gone: new Set<string>(),
    batchId,
    now: 1_760_000_000,
  };
  const plan = planCommit({ ...common, random: randomBytes });
  return { plan, built: buildCommit(plan.draft(), randomBytes) };
}

const rows: [what: string, ours: string, beside: string, ratio: string][] = [];
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const kib = (bytes: number): string => `${Math.round(bytes / 1_024)} KiB`;
const row = (what: string, ours: number, beside: number, unit: (value: number) => string, than: string) =>
  rows.push([what, unit(ours), `${unit(beside)} ${than}`, `${(ours / beside).toPrecision(2)} ×`]);

// 10,000 memories: the vault beside plain JSON with a hash over it.
const operations = Array.from({ length: MEMORIES }, (_, i) => create(i));
const member = await device();
const genesis = { commitKey: randomBytes(32), inbox: generateIdentity(), members: [{ member, secret }] };
const writing = await timed(() => build({ chain: unwritten, opened: null, genesis }, operations));
const { built } = writing.result;
const store = memoryStore();
for (const blob of built.blobs) await store.put(blob);
const head = headAfter(unwritten, built);
const keys: MemberKeys = {
  ...{ ref, class: "owner", visibilityKey, secret, epoch: 0, sequence: 0n, admitted: true, scopes: [] },
};
const reading = await timed(() => openHead(head, keys, store));

const plainWrite = await timed(() => {
  const bytes = utf8ToBytes(JSON.stringify(operations));
  return { bytes, digest: sha256(bytes) };
});
const plainRead = await timed(() => {
  sha256(plainWrite.result.bytes);
  return JSON.parse(new TextDecoder().decode(plainWrite.result.bytes)) as unknown;
});
const stored = built.blobs.reduce((sum, { length }) => sum + length, 0);
const many = `${MEMORIES.toLocaleString("en-US")} memories in ${SCOPES} scopes`;
row(`${many}: build`, writing.ms, plainWrite.ms, ms, "JSON and sha256");
row(`${many}: read and verify`, reading.ms, plainRead.ms, ms, "JSON and sha256");
row(`${many}: stored`, stored, plainWrite.result.bytes.length, kib, "JSON");

// One memory more, on a device that has read the others.
const opened = reading.result;
const more = await timed(() => build({ chain: head, opened }, [create(MEMORIES)]));
const { built: next } = more.result;
for (const blob of next.blobs) await store.put(blob);
const nextHead = headAfter(head, next);
const following = await timed(() => openHead(nextHead, keys, store, opened.scopes));
row("one memory more: build", more.ms, writing.ms, ms, `for ${MEMORIES.toLocaleString("en-US")}`);
row("one memory more: read and verify", following.ms, reading.ms, ms, "without a cache");
row(
  "one memory more: stored",
  next.blobs.reduce((sum, { length }) => sum + length, 0),
  stored,
  kib,
  `for ${MEMORIES.toLocaleString("en-US")}`,
);

// A new epoch for 200 readers: symmetric entries beside a public-key stanza for each.
const readers = Array.from({ length: READERS }, () => ({
  ...{ secret: randomBytes(32), locator: randomBytes(32), welcomeDigest: null },
  keys: [{ scopeId: randomBytes(16), key: randomBytes(32) }],
}));
const keyring = await timed(() => drawKeyring(readers, randomBytes));
const recipients = await Promise.all(readers.map(() => recipientOf(generateIdentity())));
const stanzas = await timed(() => encryptTo(recipients, randomBytes(32)), 1);
row(`keyring of ${READERS} readers: draw`, keyring.ms, stanzas.ms, ms, "X-Wing stanzas");
row(
  `keyring of ${READERS} readers: size`,
  keyring.result.entries.length,
  stanzas.result.length,
  kib,
  "X-Wing stanzas",
);

console.log(
  `Node ${process.versions.node}, ${process.platform} ${process.arch}; the middle of ${RUNS} runs\n`,
);
console.log(aligned([["", "vault", "beside", "ratio"], ...rows]));
