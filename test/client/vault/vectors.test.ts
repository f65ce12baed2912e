import { readFileSync } from "node:fs";

import { base64 } from "@scure/base";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { ZeroAddress } from "ethers";

import { readWelcome, recoverWelcomeSigner } from "../../../client/crypto/welcome.ts";
import type { VaultRef } from "../../../client/crypto/ref.ts";
import { open, seal, welcomeContext } from "../../../client/crypto/seal.ts";
import { welcomeFile, welcomeText } from "../../../client/crypto/welcome-text.ts";
import { digestOf, memoryStore } from "../../../client/storage/store.ts";
import {
  decodeHead,
  decodeItems,
  decodeSection,
  encodeHead,
  encodeItems,
  encodeSection,
  pad,
  unpad,
} from "../../../client/vault/blob.ts";
import type { SectionContent, SectionData } from "../../../client/vault/blob.ts";
import { buildCommit } from "../../../client/vault/commit.ts";
import { stateRootAfter, type ChainHead } from "../../../client/vault/contract.ts";
import { openHead, type MemberKeys, type ScopeState } from "../../../client/vault/head.ts";
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
  type RosterMember,
} from "../../../client/vault/roster.ts";
import { drawKeyring, ENTRY_BYTES, lookUpKey, lookUpWelcome } from "../../../client/vault/keyring.ts";
import { keyringReader, placeKeyring } from "../../../client/vault/pages.ts";
import { seeded } from "../../helpers/seeded.ts";
import { testVectors } from "../../helpers/vectors.ts";

// In these files bytes are hex, whole blobs and files base64. Where a vector names a seed, the implementation draws its
// random bytes in this order: the n-th draw of 32 bytes is sha256(seed ‖ "/" ‖ n), n in decimals from 0; a draw of other
// lengths joins as many of them as it takes and cuts the last.

type Hex<Fields extends string> = Record<Fields, string>;
type Ref = Hex<"chainId" | "contract" | "vaultId">;

const refOf = ({ chainId, contract, vaultId }: Ref): VaultRef => ({
  ...{ chainId: BigInt(chainId), contract, vaultId: BigInt(vaultId) },
});

/** What a function gives, or the name of its fault. */
async function outcome<T>(work: () => T | Promise<T>): Promise<T | string> {
  try {
    return await work();
  } catch (fault) {
    return (fault as Error).name;
  }
}

interface MemberInput extends Hex<"secret" | "locator"> {
  readonly keys: readonly Hex<"scopeId" | "key">[];
  readonly welcomeDigest: string | null;
}

const drawn = (seed: string, members: readonly MemberInput[]) =>
  drawKeyring(
    members.map(({ secret, locator, keys, welcomeDigest }) => ({
      secret: hexToBytes(secret),
      locator: hexToBytes(locator),
      keys: keys.map(({ scopeId, key }) => ({ scopeId: hexToBytes(scopeId), key: hexToBytes(key) })),
      welcomeDigest: welcomeDigest === null ? null : hexToBytes(welcomeDigest),
    })),
    seeded(seed),
  );

const keyringOf = ({ salt, entries }: Hex<"salt" | "entries">) => ({
  salt: hexToBytes(salt),
  entries: hexToBytes(entries),
});

const hexOrNull = (bytes: Uint8Array | null): string | null => (bytes === null ? null : bytesToHex(bytes));

interface PagesInput extends Hex<"seed" | "visibilityKey"> {
  readonly ref: Ref;
  readonly epoch: number;
  readonly readers: number;
}

testVectors("keyring", {
  draw: ({ seed, members }: { seed: string; members: MemberInput[] }) => {
    const { salt, entries } = drawn(seed, members);
    return { salt: bytesToHex(salt), entries: bytesToHex(entries) };
  },

  lookUp: ({ keyring, secret, scopeId }: { keyring: Hex<"salt" | "entries"> } & Hex<"secret" | "scopeId">) =>
    outcome(() => hexOrNull(lookUpKey(keyringOf(keyring), hexToBytes(secret), hexToBytes(scopeId)))),

  // Each reader's secret, locator, scope id and key are drawn from the stream of seed ‖ "/readers", in this order; entries
  // from the seed's own; pages from the stream of seed ‖ "/pages".
  pages: async ({ seed, ref, visibilityKey, epoch, readers }: PagesInput) => {
    const random = seeded(`${seed}/readers`);
    const members = Array.from({ length: readers }, () => ({
      ...{ secret: random(32), locator: random(32), welcomeDigest: null },
      keys: [{ scopeId: random(16), key: random(32) }],
    }));
    const place = { ref: refOf(ref), visibilityKey: hexToBytes(visibilityKey), epoch };
    const placed = placeKeyring(drawKeyring(members, seeded(seed)), place, seeded(`${seed}/pages`));
    const store = memoryStore("vectors");
    for (const blob of placed.blobs) await store.put(blob);
    const data = {
      epoch,
      keyringSalt: placed.salt,
      entries: placed.entries,
      pages: placed.pages,
      sections: [],
    };
    const [first] = members;
    const key = await keyringReader(data, place, store).keyOf(first!.secret, first!.keys[0]!.scopeId);
    return {
      salt: bytesToHex(placed.salt),
      entries: placed.entries.length / ENTRY_BYTES,
      pages: placed.pages.map(({ firstTag, digest }, i) => ({
        ...{ firstTag: bytesToHex(firstTag), digest: bytesToHex(digest), size: placed.blobs[i]!.length },
      })),
      first: {
        secret: bytesToHex(first!.secret),
        scopeId: bytesToHex(first!.keys[0]!.scopeId),
        key: hexOrNull(key),
      },
    };
  },

  lookUpWelcome: ({ keyring, locator }: { keyring: Hex<"salt" | "entries">; locator: string }) =>
    outcome(() => hexOrNull(lookUpWelcome(keyringOf(keyring), hexToBytes(locator)))),
});

/** A section as the file has it. */
interface SectionInput {
  readonly content: { kind: SectionContent["kind"]; items?: string[]; digests?: string[]; digest?: string };
  readonly list: readonly (Hex<"digest" | "sequence" | "scopeKey"> & { epoch: number })[];
  readonly count: number;
  readonly scopeSalt: string;
  readonly path: readonly string[];
  readonly scopeIds: readonly string[];
}

const contentOf = ({ kind, items, digests, digest }: SectionInput["content"]): SectionContent => {
  switch (kind) {
    case "none":
      return { kind };
    case "inline":
      return { kind, items: items!.map(hexToBytes) };
    case "chunks":
      return { kind, digests: digests!.map(hexToBytes) };
    case "index":
      return { kind, digest: hexToBytes(digest!) };
  }
};

const sectionOf = (input: SectionInput): SectionData => ({
  content: contentOf(input.content),
  list: input.list.map(({ digest, sequence, epoch, scopeKey }) => ({
    ...{ digest: hexToBytes(digest), sequence: BigInt(sequence), epoch, scopeKey: hexToBytes(scopeKey) },
  })),
  count: input.count,
  scopeSalt: hexToBytes(input.scopeSalt),
  path: input.path.map(hexToBytes),
  scopeIds: input.scopeIds.map(hexToBytes),
});

interface CommitInput extends Hex<"seed" | "visibilityKey" | "epochKey" | "prevStateRoot"> {
  readonly ref: Ref;
  readonly sequence: string;
  readonly epoch: number;
  readonly members: MemberInput[];
  /** What each scope holds after this commit, all of it written by this commit. */
  readonly scopes: readonly { readonly id: string; readonly records: readonly string[] }[];
}

const chainHead = (fields: Partial<ChainHead>): ChainHead => ({
  ...{
    owner: ZeroAddress,
    authorizer: ZeroAddress,
    configNonce: 0n,
    generation: 1n,
    locked: true,
    foreign: false,
  },
  ...{ sequence: 0n, prevStateRoot: "0x", stateRoot: "0x", transitionId: "0x", root: "0x", pointer: "0x" },
  ...fields,
});

interface OpenInput {
  readonly ref: Ref;
  readonly head: Hex<"sequence" | "root" | "pointer">;
  readonly member: Hex<"visibilityKey" | "secret" | "sequence"> &
    Pick<MemberKeys, "class" | "epoch" | "admitted" | "scopes">;
  /** Blobs of a vector of the group "commit", by its title; `turned` is the place of a byte whose last bit is another. */
  readonly blobs: readonly { commit: string; blob: number; turned?: number }[];
}

const HEAD = new URL("../../vectors/head.json", import.meta.url);

/** A blob that stands in the file already: after a change to "commit", outputs are to be written twice. */
function blobOf({ commit, blob, turned }: OpenInput["blobs"][number]): Uint8Array {
  const { commit: commits } = JSON.parse(readFileSync(HEAD, "utf8")) as {
    commit: { title: string; out: { blobs: string[] } }[];
  };
  const bytes = base64.decode(commits.find(({ title }) => title === commit)!.out.blobs[blob]!);
  if (turned !== undefined) bytes[turned]! ^= 1;
  return bytes;
}

interface HeadInput extends Hex<"keyringSalt" | "entries"> {
  readonly epoch: number;
  readonly pages: readonly Hex<"firstTag" | "digest">[];
  readonly sections: readonly string[];
}

testVectors("head", {
  frame: (data: string) => {
    const framed = pad(hexToBytes(data));
    const zeros = framed.length - 4 - unpad(framed).length;
    return { begin: bytesToHex(framed.subarray(0, framed.length - zeros)), zeros };
  },

  section: (input: SectionInput) => {
    const bytes = encodeSection(sectionOf(input));
    return outcome(() => bytesToHex(encodeSection(decodeSection(bytes))));
  },

  head: (input: HeadInput) => {
    const { epoch, keyringSalt, entries, pages, sections } = input;
    const bytes = encodeHead({
      ...{ epoch, keyringSalt: hexToBytes(keyringSalt), entries: hexToBytes(entries) },
      pages: pages.map(({ firstTag, digest }) => ({
        firstTag: hexToBytes(firstTag),
        digest: hexToBytes(digest),
      })),
      sections: sections.map(hexToBytes),
    });
    return outcome(() => bytesToHex(encodeHead(decodeHead(bytes))));
  },

  items: (items: readonly string[]) =>
    bytesToHex(encodeItems(decodeItems(encodeItems(items.map(hexToBytes))))),

  commit: (input: CommitInput) => {
    const { seed, ref, sequence, prevStateRoot, epoch, members, scopes } = input;
    // The keyring is drawn first, from the seed's own stream; what follows draws from the stream of seed ‖ "/commit".
    const built = buildCommit(
      {
        ...{
          ref: refOf(ref),
          epoch,
          keyring: { ...drawn(seed, members), pages: [], blobs: [] },
          epochKey: hexToBytes(input.epochKey),
        },
        visibilityKey: hexToBytes(input.visibilityKey),
        chain: chainHead({ sequence: BigInt(sequence) - 1n, stateRoot: prevStateRoot }),
        scopes: new Map(
          scopes.map(({ id, records }) => {
            const live = new Map(records.map((record) => [record.slice(6, 38), hexToBytes(record)]));
            return [id, { id, live, items: [...live.values()], segments: [], snapshot: true }];
          }),
        ),
      },
      seeded(`${seed}/commit`),
    );
    return {
      root: built.delta.deltaCommitment,
      pointer: built.delta.locatorCommitment,
      stateRoot: stateRootAfter(built.delta),
      digest: bytesToHex(built.digest),
      blobs: built.blobs.map((blob) => base64.encode(blob)),
    };
  },

  open: ({ ref, head, member, blobs }: OpenInput) =>
    outcome(async () => {
      const store = memoryStore("vectors");
      for (const blob of blobs) await store.put(blobOf(blob));
      const { root, pointer, sequence } = head;
      const keys: MemberKeys = {
        ...member,
        ref: refOf(ref),
        visibilityKey: hexToBytes(member.visibilityKey),
        secret: hexToBytes(member.secret),
        sequence: BigInt(member.sequence),
      };
      const chain = chainHead({ sequence: BigInt(sequence), root, pointer });
      const { data, secret, scopes } = await openHead(chain, keys, store);
      const shown = ({ live, root: scopeRoot }: ScopeState) => ({
        ...{ root: bytesToHex(scopeRoot), records: [...live.values()].map(bytesToHex).sort() },
      });
      return {
        epoch: data.epoch,
        secret: bytesToHex(secret),
        scopes: Object.fromEntries(
          [...scopes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, state]) => [id, shown(state)]),
        ),
      };
    }),
});

/** A member's record. Recipient, locator and the record's salt are drawn from the seed, in this order. */
type RecordInput = Omit<
  RosterMember,
  "recipient" | "locator" | "since" | "written" | "welcomeDigest" | "erased"
> & {
  readonly seed: string;
  readonly since: string;
  readonly written: string;
  readonly erased: string;
  readonly welcomeDigest: string | null;
};

testVectors("roster", {
  member: ({ seed, welcomeDigest, since, written, erased, ...fields }: RecordInput) => {
    const random = seeded(seed);
    const member: RosterMember = {
      ...{ ...fields, recipient: random(1_216), locator: random(32) },
      ...{ since: BigInt(since), written: BigInt(written), erased: BigInt(erased) },
      welcomeDigest: welcomeDigest === null ? null : hexToBytes(welcomeDigest),
    };
    const record = encodeMember(member, random);
    return outcome(() => {
      const [read] = decodeRoster([record]).members.values();
      return bytesToHex(encodeMember(read!, () => record.slice(20, 36)));
    });
  },

  // The salt of each record is drawn from the seed.
  secret: ({ seed, id, secret }: Hex<"seed" | "id" | "secret">) =>
    bytesToHex(encodeSecret(id, hexToBytes(secret), seeded(seed))),
  commitKey: ({ seed, key }: Hex<"seed" | "key">) =>
    bytesToHex(encodeCommitKey(hexToBytes(key), seeded(seed))),
  inbox: ({ seed, identity }: Hex<"seed" | "identity">) => bytesToHex(encodeInbox(identity, seeded(seed))),
  batch: ({ seed, id, sequence }: Hex<"seed" | "id" | "sequence">) =>
    bytesToHex(encodeBatch(id, BigInt(sequence), seeded(seed))),
  scopeName: ({ seed, id, name }: Hex<"seed" | "id" | "name">) =>
    bytesToHex(encodeScopeName(id, name, seeded(seed))),
  shred: ({ seed, sequence, memoryIds }: Hex<"seed" | "sequence"> & { memoryIds: string[] }) =>
    bytesToHex(encodeShred({ sequence: BigInt(sequence), memoryIds }, seeded(seed))),
  rekey: ({ seed, sequence, base }: Hex<"seed" | "sequence" | "base">) =>
    bytesToHex(encodeRekey({ sequence: BigInt(sequence), base: BigInt(base) }, seeded(seed))),

  refused: ({ scope, record }: Hex<"scope" | "record">) =>
    outcome(() => {
      const inbox = encodeInbox("AGE-SECRET-KEY-PQ-1", seeded("refused"));
      if (scope === "zero") decodeSecrets([inbox, hexToBytes(record)]);
      else decodeRoster([hexToBytes(record)]);
      return "taken";
    }),
});

testVectors("welcome", {
  text: (file: string) => welcomeText(hexToBytes(file)),

  file: (text: string) => outcome(() => bytesToHex(welcomeFile(text))),

  store: ({ ref, visibilityKey, file, seed }: { ref: Ref } & Hex<"visibilityKey" | "file" | "seed">) => {
    const context = welcomeContext(refOf(ref));
    const blob = seal(hexToBytes(visibilityKey), context, pad(base64.decode(file)), seeded(seed));
    const framed = open(hexToBytes(visibilityKey), context, blob)!;
    return { digest: digestOf(blob), blob: base64.encode(blob), file: base64.encode(unpad(framed)) === file };
  },

  open: ({ file, identity }: Hex<"file" | "identity">) =>
    outcome(async () => {
      const bytes = base64.decode(file);
      const { welcome, signer, signature, digest } = await readWelcome(bytes, identity);
      const {
        ref,
        scopes,
        inboxRecipient,
        visibilityKey,
        memberId,
        secret,
        locator,
        recipientDigest,
        ...terms
      } = welcome;
      return {
        size: bytes.length,
        digest: bytesToHex(digest),
        signer,
        recovered: recoverWelcomeSigner(welcome, signature),
        ref: {
          chainId: String(ref.chainId),
          contract: ref.contract,
          vaultId: `0x${ref.vaultId.toString(16)}`,
        },
        ...terms,
        visibilityKey: bytesToHex(visibilityKey),
        memberId: bytesToHex(memberId),
        secret: bytesToHex(secret),
        locator: bytesToHex(locator),
        scopes: scopes.map(({ id, name }) => ({ id: bytesToHex(id), name })),
        inboxRecipient: hexOrNull(inboxRecipient),
        recipientDigest: bytesToHex(recipientDigest),
      };
    }),
});
