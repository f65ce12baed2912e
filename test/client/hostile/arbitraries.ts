import { bytesToHex } from "@noble/hashes/utils.js";
import fc, { type Arbitrary } from "fast-check";

import type { SignedRequest } from "../../../client/agents/access-request.ts";
import type { Answer } from "../../../client/agents/answer.ts";
import type { Proposal } from "../../../client/agents/proposal.ts";
import type { Bundle } from "../../../client/attestation.ts";
import type { VaultRef } from "../../../client/crypto/ref.ts";
import type { Welcome } from "../../../client/crypto/welcome-body.ts";
import { MAX_SECONDS } from "../../../client/cbor.ts";
import type { CreateOperation, Operation } from "../../../client/memory/operations.ts";
import type { Json, JsonObject, Memory } from "../../../client/memory/record.ts";
import type { HeadData, ListEntry, SectionContent, SectionData } from "../../../client/vault/blob.ts";
import type { VaultOperation } from "../../../client/vault/operations.ts";
import type { NewestShred, RekeyRecord, RosterMember } from "../../../client/vault/roster.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";

/** How often a property is tried: the same cases in every short run, others in each long one. */
export const runs = (numRuns: number): { numRuns: number; seed?: number } =>
  LONG ? { numRuns: numRuns * 50 } : { numRuns, seed: 8_350 };

export const bytes = (length: number): Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

export const someBytes = (maxLength: number): Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });

export const hex = (length: number): Arbitrary<string> => bytes(length).map(bytesToHex);

const AWKWARD = [
  ...["\0", "\u{feff}", "\u{202e}", "\u{2066}", "\r\n", "\u{2028}", "\u{fffd}", "\u{ffff}", "\u{10ffff}"],
  ...["e\u{301}", "é", "ﬁ", "İ", "👩‍👩‍👧‍👦", "\u{1f1e8}\u{1f1ed}", "__proto__", "toString", "</script>", "'; --"],
];

/** Text of any script, with what trips programs over: control and direction marks, both forms of composition. */
export const words = (maxLength = 60): Arbitrary<string> =>
  fc
    .array(fc.oneof(fc.constantFrom(...AWKWARD), fc.string({ unit: "binary", maxLength: 8 })), {
      maxLength: 8,
    })
    .map((parts) => parts.join("").slice(0, maxLength))
    // A cut may have left half of a pair.
    .map((text) => text.replace(/\p{Surrogate}/gu, ""));

export const filledWords = (maxLength = 60): Arbitrary<string> =>
  words(maxLength).map((text) => (text === "" ? "x" : text));

const scalar = (): Arbitrary<Json> =>
  fc.oneof(
    ...[fc.constant(null), fc.boolean(), words(), fc.integer(), fc.maxSafeInteger()],
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
  );

const json: Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    scalar(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(words(12), tie("value"), { maxKeys: 4 }),
  ),
})).value;

export const metadata: Arbitrary<JsonObject> = fc.dictionary(words(12), json, { maxKeys: 4 });

const time = fc.maxSafeNat();
const orNull = <T>(value: Arbitrary<T>): Arbitrary<T | null> => fc.option(value, { nil: null });
const source = fc.record({
  tool: orNull(words()),
  agent: orNull(words()),
  thread: orNull(words()),
  url: orNull(words()),
});
const type = fc.constantFrom("semantic" as const, "episodic" as const);
const tags = fc.array(filledWords(20), { maxLength: 5 });
const importance = fc.integer({ min: 0, max: 100 });

export const memory: Arbitrary<Memory> = fc.record({
  ...{ id: hex(16), salt: hex(16), type, text: filledWords(200), importance },
  reinforcements: fc.maxSafeNat(),
  ...{ createdAt: time, updatedAt: time, validUntil: orNull(time), source, tags },
  revision: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  conflictsWith: orNull(hex(16)),
  metadata,
});

const common = { id: hex(16), at: time };
const seen = { memoryId: hex(16), seenRevision: fc.integer({ min: 1, max: 9 }) };
const create: Arbitrary<CreateOperation> = fc.record(
  {
    ...{ kind: fc.constant("create" as const), ...common, scope: filledWords(20), text: filledWords(), type },
    ...{ importance, tags, source, createdAt: time, validUntil: orNull(time), metadata },
  },
  { requiredKeys: ["kind", "id", "at", "scope", "text", "type"] },
);

export const operation: Arbitrary<Operation> = fc.oneof(
  create,
  fc.record({
    ...{ kind: fc.constant("update" as const), ...common, ...seen },
    changes: fc.record(
      { text: filledWords(), type, importance, tags, validUntil: orNull(time), metadata, source },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ kind: fc.constant("reinforce" as const), ...common, memoryId: hex(16) }),
  fc.record({ kind: fc.constant("forget" as const), ...common, ...seen }),
);

const expiry = orNull(fc.integer({ min: 0, max: MAX_SECONDS }));
const permissions = fc.integer({ min: 0, max: 255 });
const terms = fc.record({ scopes: fc.array(words(20), { maxLength: 4 }), expiresAt: expiry, permissions });
const account = bytes(20).map((address) => `0x${bytesToHex(address)}`);
const admission = fc.constantFrom("fresh" as const, "joined" as const);
const memberClass = fc.constantFrom("owner" as const, "reader" as const);

/** What words give. */
const seedSecrets = fc.record({
  ...{ visibilityKey: bytes(32), recoverySecret: bytes(32), recoveryLocator: bytes(32) },
  recoveryIdentity: words(),
});

export const vaultOperation: Arbitrary<VaultOperation> = fc.oneof(
  operation,
  fc
    .tuple(
      fc.record({
        kind: fc.constant("admit" as const),
        id: hex(16),
        class: memberClass,
        recipient: bytes(1_216),
      }),
      fc.record({
        grantee: orNull(account),
        listed: fc.boolean(),
        admission,
        label: words(),
        storeWelcome: fc.boolean(),
      }),
      terms,
    )
    .map(([who, how, what]) => ({ ...who, ...how, ...what })),
  fc.record({ kind: fc.constant("dismiss" as const), id: hex(16), memberId: hex(16) }),
  fc.record({
    ...{ kind: fc.constant("change" as const), id: hex(16), memberId: hex(16) },
    ...{ seen: terms, wanted: orNull(terms), label: orNull(words()), anew: fc.boolean() },
  }),
  fc.record({ kind: fc.constant("renew" as const), id: hex(16), memberId: hex(16), recipient: bytes(1_216) }),
  fc.record({ ...{ kind: fc.constant("shred" as const), id: hex(16) }, memoryIds: fc.array(hex(16)) }),
  fc.record({
    ...{ kind: fc.constant("note" as const), id: hex(16), memberId: hex(16) },
    erased: fc.maxSafeNat().map(BigInt),
  }),
  fc.record({ kind: fc.constant("rotate" as const), id: hex(16), above: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("handover" as const), id: hex(16), recipient: bytes(1_216), label: words() }),
  fc.record({
    ...{ kind: fc.constant("rekey" as const), id: hex(16), remove: fc.array(hex(16), { maxLength: 3 }) },
    ...{
      confirmed: fc.array(words(20), { maxLength: 3 }),
      base: orNull(fc.maxSafeNat()),
      commitKey: bytes(32),
    },
    replaced: account,
    ...{ words: orNull(seedSecrets), newWords: orNull(seedSecrets) },
  }),
  fc.record({
    kind: fc.constant("shred" as const),
    id: hex(16),
    memoryIds: fc.array(hex(16), { maxLength: 3 }),
  }),
  fc.record({
    ...{ kind: fc.constant("note" as const), id: hex(16), memberId: hex(16) },
    erased: fc.maxSafeNat().map(BigInt),
  }),
  fc.record({ kind: fc.constant("rotate" as const), id: hex(16), above: fc.maxSafeNat() }),
);

const epoch = fc.integer({ min: 0, max: 0xffff_ffff });

export const head: Arbitrary<HeadData> = fc.record({
  ...{ epoch, keyringSalt: bytes(32) },
  entries: fc.integer({ min: 0, max: 3 }).chain((rounds) => bytes(rounds * 16 * 80)),
  pages: fc.array(fc.record({ firstTag: bytes(32), digest: bytes(32) }), { maxLength: 3 }),
  sections: fc.array(someBytes(100), { maxLength: 6 }),
});

const listEntry: Arbitrary<ListEntry> = fc.record({
  ...{ digest: bytes(32), sequence: fc.maxSafeNat().map(BigInt), epoch, scopeKey: bytes(32) },
});

const content: Arbitrary<SectionContent> = fc.oneof(
  fc.constant({ kind: "none" as const }),
  fc.record({ kind: fc.constant("inline" as const), items: fc.array(someBytes(60), { maxLength: 5 }) }),
  fc.record({ kind: fc.constant("chunks" as const), digests: fc.array(bytes(32), { maxLength: 5 }) }),
  fc.record({ kind: fc.constant("index" as const), digest: bytes(32) }),
);

export const section: Arbitrary<SectionData> = fc.record({
  ...{ content, list: fc.array(listEntry, { maxLength: 4 }), count: fc.maxSafeNat(), scopeSalt: bytes(32) },
  path: fc.array(bytes(32), { maxLength: 4 }),
  scopeIds: fc.array(bytes(16), { maxLength: 4 }),
});

export const member: Arbitrary<RosterMember> = fc.record({
  ...{ id: hex(16), class: memberClass, recipient: bytes(1_216), locator: bytes(32) },
  ...{ grantee: orNull(account), listed: fc.boolean(), scopes: fc.array(hex(16), { maxLength: 4 }) },
  ...{ expiresAt: expiry, permissions, admission, label: words() },
  ...{ since: fc.maxSafeNat().map(BigInt), written: fc.maxSafeNat().map(BigInt) },
  ...{ welcomeDigest: orNull(bytes(32)), erased: fc.maxSafeNat().map(BigInt) },
});

export const newestShred: Arbitrary<NewestShred> = fc.record({
  sequence: fc.maxSafeNat().map(BigInt),
  memoryIds: fc.array(hex(16), { maxLength: 4 }),
});

export const rekeyed: Arbitrary<RekeyRecord> = fc.record({
  sequence: fc.maxSafeNat().map(BigInt),
  base: fc.maxSafeNat().map(BigInt),
});

export const ref: Arbitrary<VaultRef> = fc.record({
  chainId: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  contract: account,
  vaultId: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
});

export const bundle: Arbitrary<Bundle> = fc.record({
  chainId: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  ...{ registry: account, agent: account, recipient: bytes(1_216) },
  notAfter: fc.nat({ max: MAX_SECONDS }),
});

const grantedScope = fc.record({
  // Not one of the owner's own.
  id: bytes(16).map((id) => Uint8Array.of(1, ...id.subarray(1))),
  name: filledWords(20),
});

export const welcome: Arbitrary<Welcome> = fc
  .record({
    ...{ ref, visibilityKey: bytes(32), memberId: bytes(16), class: memberClass, epoch },
    ...{ secret: bytes(32), locator: bytes(32) },
    scopes: fc.uniqueArray(grantedScope, {
      ...{ minLength: 1, maxLength: 4 },
      selector: ({ id }) => bytesToHex(id),
    }),
    ...{ grantee: orNull(account), listed: fc.boolean(), expiresAt: expiry, permissions, admission },
    inboxRecipient: orNull(bytes(1_216)),
    recipientDigest: bytes(32),
  })
  .map((made) => ({ ...made, listed: made.listed && made.grantee !== null }));

const proposed = fc.record(
  {
    // Not one of the owner's own.
    scope: hex(16).map((id) => `01${id.slice(2)}`),
    ...{ type, text: filledWords(200), importance, tags, validUntil: orNull(time), metadata },
  },
  { requiredKeys: ["scope", "type", "text", "tags", "validUntil", "metadata"] },
);

export const answer: Arbitrary<Answer> = fc
  .record({
    ...{ place: ref, requestId: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), text: words(300) },
    ...{ sequence: fc.bigInt({ min: 0n, max: 2n ** 40n - 1n }), root: bytes(32) },
  })
  .map(({ place: { chainId, contract, vaultId }, root, ...rest }) => ({
    ...{ chainId, agent: contract, vaultId, root: `0x${bytesToHex(root)}`, ...rest },
  }));

export const proposal: Arbitrary<Proposal> = fc.record({
  ...{ ref, proposer: account, nonce: bytes(32) },
  memories: fc.array(proposed, { minLength: 1, maxLength: 3 }),
});

const scope = words(20).map(
  (text) =>
    text
      .normalize("NFC")
      .replace(/\p{Cc}/gu, "")
      .trim() || "x",
);
const purpose = filledWords().map(
  (text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, "").trim() || "x",
);
const hexed = (length: number): Arbitrary<string> => hex(length).map((digits) => `0x${digits}`);

export const accessRequest: Arbitrary<SignedRequest> = fc.record({
  request: fc.record({
    ...{ ref, account: hexed(20), recipientDigest: hexed(32), nonce: hexed(32), purpose },
    scopes: fc.uniqueArray(scope, { minLength: 1, maxLength: 4 }),
    permissions: fc.constantFrom(1, 3),
    expiresAt: fc.integer({ min: 0, max: MAX_SECONDS }),
  }),
  signature: fc.uint8Array({ minLength: 1, maxLength: 100 }),
});
