import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import {
  decodeBundle,
  encodeBundle,
  parsePcrs,
  verifyDocument,
  type Bundle,
} from "../../../../client/attestation.ts";
import { readCertificate } from "../../../../client/attestation/certificate.ts";
import { decodeSigned } from "../../../../client/attestation/cose.ts";
import { decodePayload } from "../../../../client/attestation/document.ts";
import { decodeAnswer, encodeAnswer, openAnswer, type Answer } from "../../../../client/agents/answer.ts";
import {
  decodeBody,
  decodeRequest,
  encodeBody,
  encodeRequest,
  type SignedRequest,
} from "../../../../client/agents/access-request.ts";
import {
  decodeProposal,
  encodeProposal,
  proposalTypedData,
  readProposal,
  type Proposal,
} from "../../../../client/agents/proposal.ts";
import { decodeCbor, encodeCbor } from "../../../../client/cbor.ts";
import {
  decryptWith,
  encryptTo,
  generateIdentity,
  recipientBytes,
  recipientDigest,
  recipientOf,
} from "../../../../client/crypto/identity.ts";
import { maskPointer } from "../../../../client/crypto/keys.ts";
import {
  chunkContext,
  headContext,
  indexContext,
  open,
  seal,
  sectionContext,
} from "../../../../client/crypto/seal.ts";
import { decodeWelcome, encodeWelcome, type Welcome } from "../../../../client/crypto/welcome-body.ts";
import { readWelcome, recoverWelcomeSigner } from "../../../../client/crypto/welcome.ts";
import { welcomeFile, welcomeText } from "../../../../client/crypto/welcome-text.ts";
import { seedToWords, wordsToSeed } from "../../../../client/crypto/words.ts";
import { WrongKeyError } from "../../../../client/errors.ts";
import {
  allImporters,
  openZip,
  recognise,
  type ImportedMemory,
  type Importer,
} from "../../../../client/importers/index.ts";
import { exportJsonLines, exportPam } from "../../../../client/exporters/index.ts";
import { applyOperation } from "../../../../client/memory/apply.ts";
import { decodeRecord, encodeRecord } from "../../../../client/memory/codec.ts";
import { decodeOperation, encodeOperation, type Operation } from "../../../../client/memory/operations.ts";
import { memoryJournalStore } from "../../../../client/storage/journal-store.ts";
import { cidOf } from "../../../../client/storage/store.ts";
import {
  decodeHead,
  decodeItems,
  decodeSection,
  encodeHead,
  encodeItems,
  encodeSection,
  pad,
  unpad,
  type SectionData,
} from "../../../../client/vault/blob.ts";
import {
  readCandidates,
  readLostTexts,
  readOperations,
  readState,
  readWelcome as readKeptWelcome,
  writeLostText,
  writeOperations,
  writeWelcome,
} from "../../../../client/vault/journal.ts";
import { drawKeyring, lookUpKey, lookUpWelcome } from "../../../../client/vault/keyring.ts";
import { scopeName } from "../../../../client/vault/memories.ts";
import {
  decodeVaultOperation,
  encodeVaultOperation,
  type VaultOperation,
} from "../../../../client/vault/operations.ts";
import {
  decodeRoster,
  decodeSecrets,
  encodeBatch,
  encodeCommitKey,
  encodeInbox,
  encodeMember,
  encodeRekey,
  encodeScopeName,
  encodeSecret,
  encodeShred,
  ONE,
  recordIdOf,
  ZERO,
  type RosterMember,
} from "../../../../client/vault/roster.ts";
import { readChainHead, vaultContract } from "../../../../client/vault/contract.ts";
import { agreed } from "../../../../client/vault/rpcs.ts";
import { testDocument, testEnclave, TEST_PCRS } from "../../../helpers/nitro.ts";
import { seeded } from "../../../helpers/seeded.ts";
import { inMemory, source, zip } from "../../importers/zips.ts";
import { BARE, FULL } from "../../memory/samples.ts";
import { REF, Workbench } from "../../vault/workbench.ts";
import { IMemoryVault__factory } from "../../../../typechain-types/factories/interfaces/IMemoryVault__factory.ts";
import type { Target } from "./fuzz.ts";

const random = seeded("fuzz");
const id = (): string => bytesToHex(random(16));

/** What was taken must be the only bytes that say it. */
function same(input: Uint8Array, again: Uint8Array): void {
  if (bytesToHex(input) !== bytesToHex(again)) throw new Error("what was taken has another encoding");
}

const OPERATIONS: readonly Operation[] = [
  {
    ...{ kind: "create", id: id(), at: 1, scope: "health", text: "Sleeps at ten", type: "semantic" },
    ...{ importance: 7, tags: ["sleep"], source: FULL.source, createdAt: 5, validUntil: null },
    metadata: FULL.metadata,
  },
  {
    kind: "update",
    id: id(),
    at: 2,
    memoryId: id(),
    seenRevision: 1,
    changes: { text: "At eleven", tags: [] },
  },
  { kind: "reinforce", id: id(), at: 3, memoryId: id() },
  { kind: "forget", id: id(), at: 4, memoryId: id(), seenRevision: 3 },
];

const MEMBER: RosterMember = {
  ...{ id: id(), class: "reader", recipient: random(1_216), locator: random(32) },
  ...{ grantee: `0x${"ab".repeat(20)}`, listed: true, scopes: [id(), id()], expiresAt: 1_800_000_000 },
  ...{ permissions: 3, admission: "fresh", label: "Reisebüro ✈", since: 12n, written: 14n },
  ...{ welcomeDigest: random(32), erased: 2n },
};

const VAULT_OPERATIONS: readonly VaultOperation[] = [
  ...OPERATIONS,
  {
    ...{
      kind: "admit",
      id: id(),
      class: "reader",
      recipient: random(1_216),
      grantee: MEMBER.grantee,
      listed: true,
    },
    ...{
      scopes: ["health"],
      expiresAt: 9,
      permissions: 1,
      admission: "joined",
      label: "x",
      storeWelcome: true,
    },
  },
  { kind: "dismiss", id: id(), memberId: id() },
  {
    ...{ kind: "change", id: id(), memberId: id(), label: null, anew: true },
    ...{
      seen: { scopes: ["a"], expiresAt: 1, permissions: 1 },
      wanted: { scopes: [], expiresAt: null, permissions: 3 },
    },
  },
  { kind: "renew", id: id(), memberId: id(), recipient: random(1_216) },
  {
    ...{ kind: "rekey", id: id(), remove: [id()], confirmed: ["ab"], base: 7, commitKey: random(32) },
    ...{ replaced: `0x${"ab".repeat(20)}` },
    words: {
      ...{ visibilityKey: random(32), recoverySecret: random(32), recoveryLocator: random(32) },
      recoveryIdentity: "AGE-SECRET-KEY-PQ-1",
    },
    newWords: null,
  },
  { kind: "shred", id: id(), memoryIds: [id(), id()] },
  { kind: "note", id: id(), memberId: id(), erased: 3n },
  { kind: "rotate", id: id(), above: 4 },
  { kind: "handover", id: id(), recipient: random(1_216), label: "the buyer" },
];

const SECTION: SectionData = {
  content: { kind: "inline", items: [encodeRecord(FULL), random(16)] },
  list: [{ digest: random(32), sequence: 3n, epoch: 1, scopeKey: random(32) }],
  ...{ count: 2, scopeSalt: random(32), path: [random(32), random(32)], scopeIds: [random(16)] },
};

const welcomeFor = (recipient: string): Welcome => ({
  ...{ ref: REF, visibilityKey: random(32), memberId: random(16), class: "reader", epoch: 3 },
  ...{ secret: random(32), locator: random(32), scopes: [{ id: random(16), name: "health" }] },
  ...{ grantee: MEMBER.grantee, listed: true, expiresAt: 1_800_000_000, permissions: 3, admission: "fresh" },
  ...{ inboxRecipient: random(1_216), recipientDigest: recipientDigest(recipientBytes(recipient)) },
});

const PROPOSAL: Proposal = {
  ...{ ref: REF, proposer: `0x${"ab".repeat(20)}`, nonce: random(32) },
  memories: [
    {
      ...{ scope: id(), type: "episodic", text: "Landed in Porto ✈", importance: 70 },
      ...{ tags: ["travel"], validUntil: 5, metadata: FULL.metadata },
    },
    { scope: id(), type: "semantic", text: "x", tags: [], validUntil: null, metadata: {} },
  ],
};

const ANSWER: Answer = {
  ...{ chainId: 31_337n, agent: REF.contract, vaultId: REF.vaultId, requestId: 3n, sequence: 12n },
  ...{ root: `0x${bytesToHex(random(32))}`, text: "At the window, please ✈" },
};

const BUNDLE: Bundle = {
  ...{ chainId: 31_337n, registry: `0x${"a1".repeat(20)}`, agent: `0x${"b2".repeat(20)}` },
  ...{ recipient: random(1_216), notAfter: 1_800_000_000 },
};

/** Decoders of bytes that are, or are not, the one encoding of a value. */
function codecs(recipient: string): Target[] {
  const codec = <T>(
    name: string,
    values: readonly T[],
    encode: (value: T) => Uint8Array,
    decode: (bytes: Uint8Array) => T,
  ): Target => ({
    ...{ name, shape: "cbor", seeds: values.map(encode) },
    run: (input) => {
      same(input, encode(decode(input)));
    },
  });
  const head = {
    ...{ epoch: 4, keyringSalt: random(32), entries: random(16 * 80), sections: [random(90), random(100)] },
    pages: [{ firstTag: random(32), digest: random(32) }],
  };
  const sections: readonly SectionData[] = [
    SECTION,
    { ...SECTION, content: { kind: "chunks", digests: [random(32), random(32)] } },
    { ...SECTION, content: { kind: "index", digest: random(32) } },
    { ...SECTION, content: { kind: "none" }, list: [], path: [], scopeIds: [] },
  ];
  return [
    codec("CBOR", [FULL, [1, [2, [3, "x"]]], "text", random(40)], encodeCbor, decodeCbor as never),
    codec("a memory's record", [FULL, BARE], encodeRecord, decodeRecord),
    codec("a memory's operation", OPERATIONS, encodeOperation, decodeOperation),
    codec("a journal's operation", VAULT_OPERATIONS, encodeVaultOperation, decodeVaultOperation),
    codec("a head", [head], encodeHead, decodeHead),
    codec("a section", sections, encodeSection, decodeSection),
    codec("a chunk", [[random(16), random(60)], []], encodeItems, decodeItems),
    codec("an attested bundle", [BUNDLE], encodeBundle, decodeBundle),
    codec("a welcome's body", [welcomeFor(recipient)], encodeWelcome, decodeWelcome),
    codec("a request's body", [REQUEST], encodeBody, decodeBody),
    codec("an answer", [ANSWER], encodeAnswer, decodeAnswer),
    codec("a proposal's body", [PROPOSAL], encodeProposal, decodeProposal),
  ];
}

const REQUEST: SignedRequest = {
  request: {
    ...{ ref: REF, account: `0x${"a9".repeat(20)}`, recipientDigest: `0x${"d1".repeat(32)}` },
    ...{ scopes: ["health", "Gesundheit"], permissions: 3, expiresAt: 1_900_000_000, purpose: "To coach" },
    nonce: `0x${"4e".repeat(32)}`,
  },
  signature: random(65),
};

const INBOX = encodeInbox("AGE-SECRET-KEY-PQ-1", random);

const RECORDS: readonly Target[] = [
  {
    name: "a record of scope one",
    shape: "cbor",
    seeds: [
      ...[encodeMember(MEMBER, random), encodeScopeName(id(), "health", random)],
      encodeShred({ sequence: 7n, memoryIds: [id()] }, random),
      encodeRekey({ sequence: 7n, base: 3n }, random),
    ],
    run: (input) => {
      recordIdOf(input);
      const { members, scopeNames, newestShred, rekeyed } = decodeRoster([input]);
      const salt = () => input.slice(20, 36);
      for (const member of members.values()) same(input, encodeMember(member, salt));
      if (newestShred !== null) same(input, encodeShred(newestShred, salt));
      if (rekeyed !== null) same(input, encodeRekey(rekeyed, salt));
      for (const [scope, name] of scopeNames) same(input, encodeScopeName(scope, name, salt));
    },
  },
  {
    name: "a record of scope zero",
    shape: "cbor",
    seeds: [
      ...[encodeSecret(id(), random(32), random), encodeBatch(id(), 7n, random), INBOX],
      encodeCommitKey(random(32), random),
    ],
    run: (input) => {
      recordIdOf(input);
      const { members, batches, commitKey, inbox } = decodeSecrets([INBOX, input]);
      const salt = () => input.slice(20, 36);
      for (const [member, secret] of members) same(input, encodeSecret(member, secret, salt));
      for (const [batch, sequence] of batches) same(input, encodeBatch(batch, sequence, salt));
      if (commitKey !== null) same(input, encodeCommitKey(commitKey, salt));
      else if (members.size + batches.size === 0) same(input, encodeInbox(inbox, salt));
    },
  },
];

const KEY = random(32);
const CONTEXT = headContext(REF, 9n);
const MEMBERS = Array.from({ length: 5 }, () => ({
  ...{ secret: random(32), locator: random(32), welcomeDigest: random(32) },
  keys: [{ scopeId: random(16), key: random(32) }],
}));
const KEYRING = drawKeyring(MEMBERS, random);

const SEALED: readonly Target[] = [
  {
    name: "sealed bytes",
    shape: "bytes",
    seeds: [seal(KEY, CONTEXT, random(100), random), seal(KEY, CONTEXT, random(0), random)],
    run: (input) => {
      if (open(KEY, CONTEXT, input) === null) throw new WrongKeyError("these bytes");
    },
  },
  {
    name: "a frame",
    shape: "bytes",
    seeds: [pad(random(10)), pad(random(4_000))],
    max: 20_000,
    run: (input) => unpad(input),
  },
  {
    name: "a keyring's entries",
    shape: "bytes",
    seeds: [KEYRING.entries],
    run: (entries) => {
      for (const { secret, locator, keys, welcomeDigest } of MEMBERS) {
        for (const { scopeId, key } of keys) {
          const found = lookUpKey({ salt: KEYRING.salt, entries }, secret, scopeId);
          if (found !== null) same(found, key);
        }
        const digest = lookUpWelcome({ salt: KEYRING.salt, entries }, locator);
        if (digest !== null) same(digest, welcomeDigest);
      }
    },
    work: [2_000, 10],
  },
];

/** What a hostile writer who has every key can put into each place of a vault. */
async function vaults(): Promise<Target[]> {
  const bench = new Workbench("fuzz");
  const reader = bench.admit(...bench.names);
  const [scope = ""] = bench.names;
  await bench.commit({ [scope]: { put: [bench.record(), bench.record()] } });
  await bench.commit({ [scope]: { put: [bench.record()] } });
  const { ref, chain, epoch, visibilityKey, store } = bench;
  const head = await bench.headData();
  /** Opens a head that says this, under the root that stands on chain. */
  const opening = async (framed: Uint8Array): Promise<void> => {
    const blob = seal(visibilityKey, headContext(ref, chain.sequence), framed, random);
    const digest = await store.put(blob);
    const root = hexToBytes(chain.root.slice(2));
    const pointer = maskPointer(visibilityKey, ref, chain.sequence, root, hexToBytes(digest));
    const forged = { ...chain, pointer: `0x${bytesToHex(pointer)}` };
    try {
      await bench.open(bench.ownerKeys(), forged).catch(async (fault: unknown) => {
        // A reader looks at less: it must be as safe.
        await bench.open(bench.readerKeys(reader), forged);
        throw fault;
      });
    } finally {
      await store.delete(digest);
    }
  };
  const withSection = async (of: string, section: Uint8Array): Promise<void> => {
    const { place } = await bench.section(of);
    const context = sectionContext(ref, chain.sequence, epoch, hexToBytes(of));
    const sealed = seal(bench.keyOf(of), context, section, random);
    await opening(pad(encodeHead({ ...head, sections: head.sections.with(place, sealed) })));
  };
  const withContent = async (kind: "chunks" | "index", input: Uint8Array): Promise<void> => {
    const context = (kind === "chunks" ? chunkContext : indexContext)(ref, epoch, hexToBytes(scope));
    const blob = seal(bench.keyOf(scope), context, pad(input), random);
    const digest = hexToBytes(await store.put(blob));
    const { data } = await bench.section(scope);
    const content = kind === "chunks" ? { kind, digests: [digest] } : { kind, digest };
    await withSection(scope, encodeSection({ ...data, content }));
    await store.delete(bytesToHex(digest));
  };
  const section = async (of: string): Promise<Uint8Array> => encodeSection((await bench.section(of)).data);
  const work = [40_000, 100] as const;
  return [
    {
      ...{ slow: true, name: "a head, in a vault", shape: "cbor", seeds: [encodeHead(head)], work },
      max: 200_000,
      run: (input) => opening(pad(input)),
    },
    ...(await Promise.all(
      [
        ["the section of a scope, in a vault", scope],
        ["the section of scope zero, in a vault", ZERO],
        ["the section of scope one, in a vault", ONE],
      ].map(async ([name = "", of = ""]): Promise<Target> => ({
        ...{ slow: true, name, shape: "cbor", seeds: [await section(of)], work, max: 150_000 },
        run: (input) => withSection(of, input),
      })),
    )),
    {
      ...{
        slow: true,
        name: "a chunk, in a vault",
        shape: "cbor",
        seeds: [encodeItems([bench.record()])],
        work,
        max: 150_000,
      },
      run: (input) => withContent("chunks", input),
    },
    {
      ...{
        slow: true,
        name: "an index, in a vault",
        shape: "cbor",
        seeds: [encodeItems([random(32)])],
        work,
        max: 150_000,
      },
      run: (input) => withContent("index", input),
    },
  ];
}

/** What a file may cost that nobody opened yet, and a text that holds no CBOR. */
const CLOSED = [4_000, 4] as const;

/** What may be spent on what a file holds. */
const OPENED = [4_000, 100] as const;

/** Answers as an agent's event shows them to whoever asked. */
async function answered(identity: string, recipient: string): Promise<Target[]> {
  const plain = 2_048 - 1_659;
  const framed = (data: Uint8Array): Uint8Array => {
    const whole = new Uint8Array(plain);
    whole.set([0, 0, data.length >> 8, data.length & 255, ...data].slice(0, plain));
    return whole;
  };
  const readable = async (input: Uint8Array): Promise<void> => {
    await openAnswer(input, identity, ANSWER);
  };
  const data = encodeAnswer(ANSWER);
  return [
    {
      ...{ slow: true, name: "an answer's bytes", shape: "bytes", work: CLOSED },
      seeds: [await encryptTo([recipient], framed(data)), utf8ToBytes("At the window ✈")],
      run: readable,
    },
    {
      ...{ slow: true, name: "what an answer's file holds", shape: "cbor", seeds: [data], work: OPENED },
      run: async (input) => readable(await encryptTo([recipient], framed(input))),
    },
  ];
}

/** Proposals as a stranger's store hands them out. */
async function proposed(identity: string, recipient: string): Promise<Target[]> {
  const plain = 4_096 - 1_659;
  const framed = (data: Uint8Array): Uint8Array => {
    const whole = new Uint8Array(plain);
    whole.set([0, 0, data.length >> 8, data.length & 255, ...data].slice(0, plain));
    return whole;
  };
  const signed = encodeCbor([encodeProposal(PROPOSAL), random(65)]);
  const readable = async (input: Uint8Array): Promise<void> => {
    const { proposal } = await readProposal(input, identity);
    proposalTypedData(proposal);
  };
  return [
    {
      ...{ slow: true, name: "a proposal's file", shape: "bytes", work: CLOSED },
      seeds: [await encryptTo([recipient], framed(signed))],
      run: readable,
    },
    {
      ...{ slow: true, name: "what a proposal's file holds", shape: "cbor", seeds: [signed], work: OPENED },
      run: async (input) => readable(await encryptTo([recipient], framed(input))),
    },
  ];
}

/** Files that are carried to a device, and texts that are typed there. */
async function handed(identity: string, recipient: string): Promise<Target[]> {
  const signed = (body: Uint8Array): Uint8Array => encodeCbor([body, random(20), random(65)]);
  const framed = (data: Uint8Array): Uint8Array =>
    Uint8Array.from([0, 0, data.length >> 8, data.length & 255, ...data]);
  const plaintext = framed(signed(encodeWelcome(welcomeFor(recipient))));
  const file = await encryptTo([recipient], plaintext);
  const readable = async (input: Uint8Array): Promise<void> => {
    const { welcome, signature } = await readWelcome(input, identity);
    recoverWelcomeSigner(welcome, signature);
  };
  const text = (input: Uint8Array): string => new TextDecoder().decode(input);
  const seedWords = seedToWords(random(32));
  return [
    { slow: true, name: "a welcome's file", shape: "bytes", seeds: [file], run: readable, work: CLOSED },
    {
      ...{
        slow: true,
        name: "what a welcome's file holds",
        shape: "bytes",
        seeds: [plaintext],
        work: OPENED,
      },
      run: async (input) => readable(await encryptTo([recipient], input)),
    },
    {
      ...{
        slow: true,
        name: "what a welcome's signed body says",
        shape: "cbor",
        seeds: [signed(encodeWelcome(welcomeFor(recipient)))],
        work: OPENED,
      },
      run: async (input) => readable(await encryptTo([recipient], framed(input))),
    },
    ...(await answered(identity, recipient)),
    ...(await proposed(identity, recipient)),
    {
      slow: true,
      name: "an age file",
      shape: "bytes",
      seeds: [file],
      run: (input) => decryptWith(identity, input),
      work: CLOSED,
    },
    {
      ...{
        name: "a request as text",
        shape: "text",
        seeds: [utf8ToBytes(encodeRequest(REQUEST))],
        work: CLOSED,
      },
      run: (input) => decodeRequest(text(input)),
    },
    {
      ...{
        name: "a welcome as text",
        shape: "text",
        seeds: [utf8ToBytes(welcomeText(random(50)))],
        work: CLOSED,
      },
      run: (input) => welcomeFile(text(input)),
    },
    {
      name: "24 words",
      shape: "text",
      seeds: [utf8ToBytes(seedWords)],
      run: (input) => wordsToSeed(text(input)),
      work: CLOSED,
    },
    {
      name: "a recipient",
      shape: "text",
      seeds: [utf8ToBytes(recipient)],
      run: (input) => recipientBytes(text(input)),
      work: CLOSED,
    },
    {
      name: "an identity",
      shape: "text",
      seeds: [utf8ToBytes(identity)],
      run: (input) => recipientOf(text(input)),
      work: CLOSED,
    },
    {
      ...{ name: "a digest", shape: "text", seeds: [utf8ToBytes("ab".repeat(32))] },
      run: (input) => cidOf(text(input)),
    },
    {
      ...{
        name: "a scope's name",
        shape: "text",
        seeds: [utf8ToBytes("health"), utf8ToBytes("Ge\u0301sundheit")],
      },
      run: (input) => scopeName(text(input)),
    },
  ];
}

/** A device's files, of which somebody who has the disk and not the key makes others. */
async function journals(): Promise<Target[]> {
  const journal = { store: memoryJournalStore(), key: random(32), ref: REF, random };
  await writeOperations(journal, VAULT_OPERATIONS);
  await writeLostText(journal, { operationId: id(), memoryId: id(), text: "x" });
  await writeWelcome(journal, MEMBER.id, random(300));
  const [lost = "", operations = "", welcome = ""] = await journal.store.list();
  const read = async (name: string): Promise<Uint8Array> =>
    (await journal.store.read(name)) ?? new Uint8Array(0);
  const files: [name: string, file: string, read: () => Promise<unknown>][] = [
    ["a journal's operations", operations, () => readOperations(journal)],
    ["a journal's lost text", lost, () => readLostTexts(journal)],
    ["a journal's welcome", welcome, () => readKeptWelcome(journal, MEMBER.id)],
    ["a journal's state", "state", () => readState(journal)],
    ["a journal's candidate", `candidate-${id()}`, () => readCandidates(journal)],
  ];
  const seeds = await Promise.all([operations, lost, welcome].map(read));
  return files.map(([name, file, readBack]): Target => ({
    ...{ name, shape: "bytes", seeds, work: [1_000, 10] },
    run: async (input) => {
      const before = await journal.store.read(file);
      await journal.store.write(file, input);
      try {
        await readBack();
      } finally {
        await (before === null ? journal.store.remove(file) : journal.store.write(file, before));
      }
    },
  }));
}

const PARAMETERS = [
  { scope: "health", text: "Sleeps at ten", type: "semantic", tags: ["x"], metadata: { a: 1 } },
];

/** What somebody says through JSON: an agent's tool call, a line of a script. */
const JSON_TARGETS: readonly Target[] = [
  {
    name: "a new memory as JSON",
    shape: "json",
    seeds: PARAMETERS.map((value) => utf8ToBytes(JSON.stringify(value))),
    run: (input) => {
      let asked: unknown;
      try {
        asked = JSON.parse(new TextDecoder().decode(input));
      } catch {
        return;
      }
      const operation = { ...(asked as object), kind: "create", id: "0".repeat(32), at: 1 } as Operation;
      const encoded = encodeOperation(operation);
      // What the journal takes, it gives back, and a vault can hold.
      const kept = decodeOperation(encoded);
      const result = applyOperation(new Map(), kept, random);
      if (result.kind !== "put") throw new Error(result.kind);
      same(encodeRecord(decodeRecord(result.record)), result.record);
    },
    work: [3_000, 100],
  },
];

const CHATGPT = [
  {
    mapping: {
      a: { id: "a", parent: null, message: null },
      b: {
        ...{ id: "b", parent: "a" },
        message: {
          author: { role: "user" },
          create_time: 1_700_000_001,
          content: { content_type: "text", parts: ["I sleep at ten and I like it"] },
          metadata: { model_slug: "gpt" },
        },
      },
      c: {
        ...{ id: "c", parent: "a" },
        message: {
          author: { role: "assistant" },
          recipient: "bio",
          content: { content_type: "text", parts: ["Sleeps at ten.\n[2025-03-01]. Likes tea."] },
        },
      },
      d: {
        ...{ id: "d", parent: "a" },
        message: {
          author: { role: "user" },
          content: {
            content_type: "user_editable_context",
            user_profile: "```\nLikes tea\n```",
            user_instructions: "Brief",
          },
        },
      },
    },
    // After the messages: importers know their files by what they begin with.
    ...{ title: "Sleep", conversation_id: "0f3c", create_time: 1_700_000_000.5, current_node: "b" },
  },
];
const CLAUDE = [
  {
    ...{ uuid: "3f", name: "Sleep", created_at: "2025-01-01T00:00:00Z" },
    chat_messages: [
      {
        uuid: "1",
        sender: "human",
        text: "I sleep at ten and I like it",
        created_at: "2025-01-01T00:00:00Z",
      },
      { uuid: "2", sender: "assistant", content: [{ type: "text", text: "Good" }] },
    ],
  },
];
const CLAUDE_MEMORIES = [
  {
    conversations_memory: "**Work**\n\n- Builds bridges\n\nLikes tea.",
    project_memories: { p: "Uses steel." },
  },
];
const MEMSYNC = {
  memories: [
    {
      memory: "Sleeps at ten",
      type: "semantic",
      categories: ["health", "x"],
      created_at: "2025-01-01",
      agent_id: "a",
    },
  ],
};
const CLAUDE_NOTES = {
  conversations_memory: "Likes tea.",
  memory_files: [{ path: "/a.md", content: "# Work\n- Builds bridges", updated_at: "2025-01-01T00:00:00Z" }],
};
const GEMINI = [
  {
    ...{ header: "Gemini Apps", title: "Prompted when do I sleep", time: "2025-01-01T00:00:00Z" },
    safeHtmlItem: [{ html: "<p>At &lt;ten&gt;&#33;</p>" }],
  },
  {
    ...{ products: ["Gemini Apps"], time: "2025-01-02T00:00:00Z" },
    details: [
      { name: "Request", value: "I sleep at ten" },
      { name: "Response", value: "Good" },
    ],
  },
];
const MEM0 = {
  results: [
    {
      ...{ id: "1", memory: "Sleeps at ten", user_id: "a", run_id: "r", categories: ["health", "x"] },
      ...{ metadata: { a: [1] }, created_at: "2025-01-01", expiration_date: "2027-01-01" },
    },
  ],
  relations: [{ source: "a", target: "b" }],
};
const GRAPH = [
  { type: "entity", name: "Mira", entityType: "person", observations: ["Sleeps at ten"] },
  { type: "relation", from: "Mira", to: "Hana", relationType: "is_sister_of", x: {} },
]
  .map((line) => JSON.stringify(line))
  .join("\n");
const LETTA = {
  agents: [{ id: "a", name: "Sam", block_ids: ["b"], messages: [{}] }],
  blocks: [{ id: "b", label: "human", value: "Sleeps at ten\n- Likes tea", metadata: { a: 1 } }],
};
const SCOPES = [{ id: id(), name: "health", memories: [FULL, { ...BARE, id: id() }] }];

/** What an importer calls a memory, a vault takes: one that it does not would keep all others out. */
function checkTaken(memory: ImportedMemory): void {
  try {
    encodeOperation({ ...memory, kind: "create", id: "0".repeat(32), at: 1 });
  } catch (cause) {
    throw new Error("a memory that no vault takes", { cause });
  }
}

/** An export under the name that its tool gives it. */
function importing(name: string, path: string, content: string | Uint8Array, shape: Target["shape"]): Target {
  const importers: readonly Importer[] = allImporters();
  return {
    ...{ name, shape, seeds: [typeof content === "string" ? utf8ToBytes(content) : content] },
    run: async (input) => {
      const files = path.endsWith(".zip") ? await openZip(inMemory(input, path)) : [source(path, input)];
      const importer = await recognise(importers, files);
      let items = 0;
      for await (const item of importer?.read(files) ?? []) {
        if (++items > 20 + input.length) throw new Error("more items than bytes");
        // Places are shown to people.
        if (item.place.length > path.length + 300)
          throw new Error(`a place of ${item.place.length} characters`);
        if (item.kind === "memory") checkTaken(item.memory);
      }
    },
    max: 200_000,
    // Four bytes can be a memory, which costs 1,500 with its record.
    work: [6_000, 600],
  };
}

const IMPORTERS: readonly Target[] = [
  importing("a ChatGPT export", "conversations.json", JSON.stringify(CHATGPT), "json"),
  importing("a Claude export", "conversations.json", JSON.stringify(CLAUDE), "json"),
  importing("Claude's memories", "memories.json", JSON.stringify(CLAUDE_MEMORIES), "json"),
  importing("Claude's notes", "memories/a.json", JSON.stringify(CLAUDE_NOTES), "json"),
  importing("a Gemini export", "MyActivity.json", JSON.stringify(GEMINI), "json"),
  importing("a mem0 export", "mem0.json", JSON.stringify(MEM0), "json"),
  importing("a graph of the MCP memory server", "memory.jsonl", GRAPH, "text"),
  importing("a Letta agent", "agent.af", JSON.stringify(LETTA), "json"),
  importing("a MemSync export", "export.json", JSON.stringify(MEMSYNC), "json"),
  importing("a PAM export", "export.json", exportPam(SCOPES, { owner: { id: "x" }, now: 1 }), "json"),
  importing("an export in JSON lines", "export.jsonl", exportJsonLines(SCOPES), "text"),
  importing("notes", "notes.md", "# Me\n\n- Sleeps at ten\n1. Likes *tea*\n\n```\ncode\n```\n", "text"),
  importing(
    ...["a zip file", "export.zip"],
    zip(
      { name: "conversations.json", content: JSON.stringify(CHATGPT) },
      { name: "b/notes.md", content: "- Likes tea", stored: true },
    ),
    "bytes",
  ),
];

/** What a node answers when it is asked for a head. */
const CHAIN: Target = {
  name: "a head, as a node tells it",
  shape: "bytes",
  seeds: [
    IMemoryVault__factory.createInterface().encodeFunctionResult("memoryHead", [
      {
        ...{
          owner: `0x${"11".repeat(20)}`,
          authorizer: `0x${"22".repeat(20)}`,
          sequence: 0n,
          configNonce: 1n,
        },
        ...{ generation: 1n, locked: true, foreign: false, prevStateRoot: `0x${"00".repeat(32)}` },
        ...{ stateRoot: `0x${"00".repeat(32)}`, transitionId: `0x${"00".repeat(32)}` },
        ...{ root: `0x${"00".repeat(32)}`, pointer: `0x${"00".repeat(32)}` },
      },
    ]),
  ].map((answer) => hexToBytes(answer.slice(2))),
  run: async (input) => {
    const provider = { call: () => Promise.resolve(`0x${bytesToHex(input)}`), provider: null } as never;
    const rpcs = { provider, contract: vaultContract(REF.contract, provider), second: null, patience: 0 };
    await agreed(rpcs, "the head", ({ contract }) => readChainHead(contract, REF));
  },
};

const ATTESTED_AT = Date.parse("2026-11-01T12:00:00Z");
const ENCLAVE = testEnclave(ATTESTED_AT);
const DOCUMENT = testDocument(ENCLAVE, ATTESTED_AT, { nonce: random(32), user_data: random(32) });

/** What an agent's operator hands over to have it believed that an enclave has the key. */
const ATTESTATION: readonly Target[] = [
  {
    ...{ name: "an attestation document", shape: "cbor", seeds: [DOCUMENT], slow: true },
    run: async (input) => {
      const terms = { at: ATTESTED_AT, pcrs: [TEST_PCRS], roots: ENCLAVE.roots };
      const { digest } = await verifyDocument(input, terms);
      // The tag in front is outside of what is signed; nothing else is.
      same(input[0] === 0xd2 ? input.subarray(1) : input, DOCUMENT);
      if (digest !== bytesToHex(sha256(input))) throw new Error("another digest");
    },
  },
  {
    ...{ name: "an attestation document's payload", shape: "cbor", seeds: [decodeSigned(DOCUMENT).payload] },
    run: (input) => decodePayload(input),
  },
  {
    ...{ name: "a certificate", shape: "bytes", seeds: [...ENCLAVE.cabundle, ENCLAVE.certificate] },
    run: (input) => readCertificate(input, "certificate"),
  },
  {
    ...{ name: "a list of PCRs", shape: "json" },
    seeds: [[...TEST_PCRS], [...TEST_PCRS].slice(0, 1)].map((pcrs) =>
      utf8ToBytes(JSON.stringify(Object.fromEntries(pcrs.map(([i, digits]) => [`PCR${i}`, digits])))),
    ),
    run: (input) => parsePcrs(new TextDecoder().decode(input)),
  },
];

/** Everything that reads what others wrote. */
export async function targets(): Promise<Target[]> {
  const identity = generateIdentity(random);
  const recipient = await recipientOf(identity);
  return [
    ...codecs(recipient),
    ...RECORDS,
    ...SEALED,
    ...(await vaults()),
    ...(await handed(identity, recipient)),
    ...(await journals()),
    ...JSON_TARGETS,
    ...IMPORTERS,
    ...ATTESTATION,
    CHAIN,
  ];
}
