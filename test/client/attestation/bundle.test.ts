import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  encodeBundle,
  readRegistration,
  userDataOf,
  verifyAttestation,
  verifyBundle,
  type AttestationTerms,
  type BundleTerms,
  type KeyView,
} from "../../../client/attestation.ts";
import { memoryStore } from "../../../client/index.ts";
import { BLOCK, hashOf, REGISTERED_AT, story, type Story, type Twist } from "../../helpers/attested.ts";
import { TEST_PCRS } from "../../helpers/nitro.ts";
import { nameOf, thrown } from "../../helpers/thrown.ts";

const NOW = REGISTERED_AT + 86_400;

const termsOf = ({ chain, enclave }: Story, change: Partial<BundleTerms> = {}): BundleTerms => ({
  ...{ chain: [chain], now: NOW, pcrs: [TEST_PCRS], roots: enclave.roots, ...change },
});

/** Verifies the bundle of a story. */
async function verify(told: Story, change: Partial<BundleTerms> = {}) {
  const registration = await readRegistration(told.place, [told.chain]);
  return verifyBundle(told.document, told.bundle, registration, termsOf(told, change));
}

/** What is said to a story with a twist. */
const verdict = (twist: Twist, change: Partial<BundleTerms> = {}): Promise<string> =>
  nameOf(verify(story(twist), change));

describe("verifyBundle", () => {
  it("says of which key, in which block, and until when", async () => {
    const told = story();
    const verified = await verify(told);
    expect(verified).to.deep.include({
      agent: told.place.agent,
      recipientDigest: told.chain.key.recipientDigest,
      notAfter: told.bundle.notAfter,
      ...{ block: BLOCK, registeredAt: REGISTERED_AT },
    });
    expect(`0x${verified.digest}`).to.equal(told.chain.key.attestationDigest);
  });

  it("takes a document that expired since: its certificates count at the registration", async () => {
    const told = story();
    expect((await verify(told)).validUntil).to.be.below(NOW * 1_000);
  });

  it("takes addresses in any case", async () => {
    const { bundle, ...told } = story();
    const shouting = { ...bundle, agent: bundle.agent.toUpperCase().replace("0X", "0x") };
    expect((await verify({ ...told, bundle: shouting })).block).to.equal(BLOCK);
  });

  it("refuses another document than the registered one", async () => {
    expect(await verdict({ key: { attestationDigest: `0x${"01".repeat(32)}` } })).to.equal("OtherDocument");
    const [told, other] = [story(), story({ made: REGISTERED_AT - 31 })];
    expect(await nameOf(verify({ ...told, document: other.document }))).to.equal("OtherDocument");
  });

  it("refuses a bundle about anything else, though the document vouches for it", async () => {
    const others: readonly [string, Twist][] = [
      ["chain id", { bundle: { chainId: 1n } }],
      ["registry", { bundle: { registry: `0x${"a2".repeat(20)}` } }],
      ["agent", { bundle: { agent: `0x${"b3".repeat(20)}` } }],
      ["recipient", { bundle: { recipient: new Uint8Array(1_216) } }],
    ];
    for (const [field, twist] of others) {
      const fault = (await thrown(verify(story(twist)))) as { readonly name: string; readonly field: string };
      expect([fault.name, fault.field]).to.deep.equal(["BundleMismatch", field]);
    }
  });

  it("refuses a document that vouches for another bundle, or for none", async () => {
    const { bundle } = story();
    expect(await verdict({ userData: null })).to.equal("UserDataMismatch");
    expect(await verdict({ userData: new Uint8Array(32) })).to.equal("UserDataMismatch");
    expect(await verdict({ userData: userDataOf({ ...bundle, notAfter: bundle.notAfter + 1 }) })).to.equal(
      "UserDataMismatch",
    );
  });

  it("refuses a document that was made more than ten minutes from the registration", async () => {
    for (const [distance, name] of [
      [600, "taken"],
      [601, "DocumentNotOfThatTime"],
      [-600, "taken"],
      [-601, "DocumentNotOfThatTime"],
    ] as const)
      expect(
        await verify(story({ made: REGISTERED_AT - distance })).then(
          () => "taken",
          (fault: unknown) => (fault as Error).name,
        ),
        String(distance),
      ).to.equal(name);
  });

  it("refuses one whose certificates were not in force at the registration", async () => {
    const told = story();
    const late = { ...(await readRegistration(told.place, [told.chain])), registeredAt: NOW };
    expect(await nameOf(verifyBundle(told.document, told.bundle, late, termsOf(told)))).to.equal(
      "CertificateNotInForce",
    );
  });

  it("refuses what would count for more than seven days, or not long enough, or no longer", async () => {
    const made = REGISTERED_AT - 30;
    const end = (notAfter: number): Twist => ({ bundle: { notAfter }, made });
    expect((await verify(story(end(made + 604_800)))).notAfter).to.equal(made + 604_800);
    expect(await verdict(end(made + 604_801))).to.equal("AttestationTooLong");
    expect(await verdict({ key: { expiresAt: BigInt(REGISTERED_AT + 604_001) } })).to.equal(
      "KeyOutlivesAttestation",
    );
    expect((await verify(story({ key: { expiresAt: BigInt(REGISTERED_AT + 9) } }))).block).to.equal(BLOCK);
    const { notAfter } = story().bundle;
    expect((await verify(story(), { now: notAfter - 1 })).block).to.equal(BLOCK);
    expect(await verdict({}, { now: notAfter })).to.equal("AttestationExpired");
  });

  it("refuses a nonce that is not the hash of one of the 256 blocks before the registration", async () => {
    const of = (block: number): Twist => ({ nonce: hexToBytes(hashOf(block).slice(2)) });
    for (const block of [BLOCK - 1, BLOCK - 256])
      expect((await verify(story(of(block)))).block).to.equal(BLOCK);
    for (const block of [BLOCK - 257, BLOCK, BLOCK + 1]) {
      const fault = (await thrown(verify(story(of(block))))) as {
        readonly name: string;
        readonly block: number;
      };
      expect([fault.name, fault.block]).to.deep.equal(["NonceNotRecent", block]);
    }
    for (const nonce of [null, new Uint8Array(0), new Uint8Array(32), utf8ToBytes("x".repeat(33))])
      expect(await verdict({ nonce })).to.equal("NonceNotRecent");
  });

  it("refuses the hash of a block that a reorganisation left behind", async () => {
    const orphan = new Uint8Array(32).fill(7);
    const told = story({ nonce: orphan });
    told.chain.orphans.set(`0x${bytesToHex(orphan)}`, BLOCK - 2);
    expect(await nameOf(verify(told))).to.equal("NonceNotRecent");
  });

  it("asks every RPC for the nonce's block", async () => {
    const told = story();
    const other = story().chain;
    other.unknown.add(BLOCK - 3);
    expect(await nameOf(verify(told, { chain: [told.chain, other] }))).to.equal("NonceNotRecent");
    expect(await nameOf(verify(told, { chain: [other, told.chain] }))).to.equal("NonceNotRecent");
  });

  it("refuses whatever verifyDocument refuses", async () => {
    expect(
      await verdict({ fields: { pcrs: new Map([0, 1, 2].map((i) => [i, new Uint8Array(48)])) } }),
    ).to.equal("DebugEnclave");
    expect(await verdict({}, { pcrs: [new Map([[0, "ab".repeat(48)]])] })).to.equal("PcrsNotAllowed");
    const told = story();
    const production = { chain: [told.chain], now: NOW, pcrs: [TEST_PCRS] };
    const registration = await readRegistration(told.place, [told.chain]);
    expect(await nameOf(verifyBundle(told.document, told.bundle, registration, production))).to.equal(
      "UnknownRoot",
    );
  });
});

describe("readRegistration", () => {
  const read = (key: Partial<KeyView>) => {
    const { place, chain } = story({ key });
    return readRegistration(place, [chain]);
  };

  it("names what is missing", async () => {
    const zero = `0x${"00".repeat(32)}`;
    expect(await nameOf(read({ recipientDigest: zero }))).to.equal("KeyNotPublished");
    expect(await nameOf(read({ attestationDigest: zero }))).to.equal("NotAttested");
    const told = story();
    told.chain.unknown.add(BLOCK);
    expect(await nameOf(readRegistration(told.place, [told.chain]))).to.equal("RegistrationUnknown");
  });

  it("refuses RPCs that disagree, on any field", async () => {
    const told = story();
    const differing: readonly Partial<KeyView>[] = [
      { recipientDigest: `0x${"11".repeat(32)}` },
      { attestationDigest: `0x${"11".repeat(32)}` },
      { expiresAt: 1n },
      { blockNumber: BigInt(BLOCK - 1) },
    ];
    for (const key of differing)
      expect(await nameOf(readRegistration(told.place, [told.chain, story({ key }).chain]))).to.equal(
        "RpcsDisagree",
      );
    const same = await readRegistration(told.place, [told.chain, story().chain]);
    expect(same.block).to.equal(BLOCK);
  });
});

describe("verifyAttestation", () => {
  const store = memoryStore();
  const fetch = (digest: string) => store.get(digest);
  const nowhere = () => Promise.resolve(null);

  const attested = (
    told: Story,
    fetched: AttestationTerms["fetch"] = fetch,
    document?: Uint8Array,
    recipient = told.recipient,
  ) => verifyAttestation(told.place, recipient, { ...termsOf(told), fetch: fetched, document });

  it("takes the document from the store by the registered digest, or as it was handed over", async () => {
    const told = story();
    expect(await nameOf(attested(told, nowhere))).to.equal("DocumentMissing");
    expect((await attested(told, nowhere, told.document)).block).to.equal(BLOCK);
    await store.put(told.document);
    expect((await attested(told)).recipientDigest).to.equal(told.chain.key.recipientDigest);
  });

  it("refuses another document that was handed over", async () => {
    const other = story({ made: REGISTERED_AT - 40 });
    expect(await nameOf(attested(story(), nowhere, other.document))).to.equal("OtherDocument");
  });

  it("refuses when the key is not the one that is to be granted to", async () => {
    const told = story();
    expect(await nameOf(attested(told, fetch, told.document, new Uint8Array(1_216)))).to.equal("KeyReplaced");
  });

  it("takes a bundle that lasts longer than the key from the store, by the document's user data", async () => {
    const told = story({ key: { expiresAt: BigInt(REGISTERED_AT + 90_000) } });
    expect(await nameOf(attested(told, nowhere, told.document))).to.equal("UserDataMismatch");
    const digest = await store.put(encodeBundle(told.bundle));
    expect(digest).to.equal(bytesToHex(userDataOf(told.bundle)));
    expect((await attested(told, fetch, told.document)).notAfter).to.equal(told.bundle.notAfter);
  });

  it("refuses user data that is the digest of something else in the store", async () => {
    const junk = utf8ToBytes("no bundle");
    await store.put(junk);
    const told = story({ userData: sha256(junk) });
    expect(await nameOf(attested(told, fetch, told.document))).to.equal("MalformedData");
    const another = story({ bundle: { agent: `0x${"c4".repeat(20)}` } });
    await store.put(encodeBundle(another.bundle));
    expect(await nameOf(attested(another, fetch, another.document))).to.equal("BundleMismatch");
  });
});
