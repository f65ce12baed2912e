import { inspect } from "node:util";

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify } from "ethers";

import { isoOf } from "../../../apps/mcp/schemas.ts";
import { encodeCbor, MAX_SECONDS } from "../../../client/cbor.ts";
import { chunkContext, indexContext, seal } from "../../../client/crypto/seal.ts";
import { decodeWelcome } from "../../../client/crypto/welcome-body.ts";
import { readWelcome } from "../../../client/crypto/welcome.ts";
import { generateIdentity } from "../../../client/crypto/identity.ts";
import { GrantExpired, MalformedData, WelcomeRejected } from "../../../client/errors.ts";
import { chatGpt } from "../../../client/importers/index.ts";
import { readConversation } from "../../../client/importers/chatgpt-conversation.ts";
import { decodeRecord } from "../../../client/memory/codec.ts";
import { decodeOperation } from "../../../client/memory/operations.ts";
import { digestOf, memoryStore } from "../../../client/storage/store.ts";
import {
  decodeHead,
  decodeSection,
  encodeItems,
  pad,
  type SectionContent,
} from "../../../client/vault/blob.ts";
import { decodeVaultOperation } from "../../../client/vault/operations.ts";
import { decodeRoster, decodeSecrets, encodeCommitKey, encodeInbox } from "../../../client/vault/roster.ts";
import { misbehaving } from "../../helpers/doubles.ts";
import { seeded } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";
import { itemsOf, skippedIn } from "../importers/reading.ts";
import { source } from "../importers/zips.ts";
import { Workbench } from "../vault/workbench.ts";

const random = seeded("refused");

describe("a value of a kind that nobody expects", () => {
  const hostile: [name: string, value: unknown][] = [
    ["an object that claims to be text", { toString: 0, valueOf: 0 }],
    ["a secret", new Uint8Array(32).fill(0xab)],
    ["a long text", "canary".repeat(10_000)],
    ["a list within a list", [[[0]]]],
    ["nothing", null],
  ];
  const places: [name: string, decode: (value: unknown) => unknown][] = [
    ["a head's version", (value) => decodeHead(encodeCbor([value, 0, 0, 0, 0, 0]))],
    ["a section's version", (value) => decodeSection(encodeCbor([value, 0, 0, 0, 0, 0, 0]))],
    ["a welcome's version", (value) => decodeWelcome(encodeCbor([value, ...Array<number>(15).fill(0)]))],
    ["a memory's kind", (value) => decodeRecord(encodeCbor([value, ...Array<number>(14).fill(0)]))],
    ["an operation's kind", (value) => decodeOperation(encodeCbor({ kind: value }))],
    ["an operation's tag", (value) => decodeVaultOperation(encodeCbor([value]))],
    ["the kind of a roster's record", (value) => decodeRoster([encodeCbor([value])])],
    ["the kind of a secret", (value) => decodeSecrets([encodeCbor([value, 0, random(16), 0])])],
  ];
  for (const [place, decode] of places) {
    it(`is refused by a short and named error as ${place}, which does not repeat it`, () => {
      for (const [name, value] of hostile) {
        expect(() => decode(value), name)
          .to.throw(MalformedData)
          .with.property("message")
          .that.satisfies((text: string) => text.length < 200 && !/canary|171|abab/.test(text));
      }
    });
  }

  it("is refused as a field's name of an operation, which is not repeated at length", () => {
    const operation = {
      kind: "forget",
      id: "0".repeat(32),
      at: 1,
      memoryId: "0".repeat(32),
      seenRevision: 1,
    };
    const bytes = encodeCbor({ ...operation, ["x".repeat(100_000)]: 1 });
    expect(() => decodeOperation(bytes))
      .to.throw(MalformedData)
      .with.property("message")
      .with.length.below(200);
  });
});

describe("an operation in the journal", () => {
  it("has nothing behind it", () => {
    expect(() => decodeVaultOperation(encodeCbor([0, random(4), 1]))).to.throw(MalformedData, "3 fields");
  });
});

describe("a record of the owner's own scopes", () => {
  it("has a salt of 16 bytes", () => {
    for (const salt of [random(15), random(17), 0, null]) {
      expect(() => decodeRoster([encodeCbor([7, random(16), salt, "x"])])).to.throw(MalformedData, "salt");
      expect(() => decodeSecrets([encodeCbor([5, random(16), salt, 1])])).to.throw(MalformedData, "salt");
    }
  });

  it("stands under its own id where there is one of its kind", () => {
    const inbox = encodeInbox("x", random);
    const key = encodeCommitKey(random(32), random);
    const moved = (record: Uint8Array) => record.slice().fill(9, 3, 19);
    expect(decodeSecrets([inbox, key]).commitKey).to.deep.equal(key.slice(-32));
    expect(() => decodeSecrets([inbox, key, moved(key)])).to.throw(MalformedData, "kind 3");
    expect(() => decodeSecrets([inbox, moved(inbox)])).to.throw(MalformedData, "kind 4");
  });
});

describe("a time that no date has", () => {
  it("is no expiry, and would be told by its number", () => {
    const terms = (expiresAt: number) =>
      encodeCbor([3, random(16), random(16), [[], expiresAt, 1], null, null, false]);
    expect(() => decodeVaultOperation(terms(MAX_SECONDS))).not.to.throw();
    expect(() => decodeVaultOperation(terms(MAX_SECONDS + 1))).to.throw(MalformedData, "expiry");
    expect(new Date(MAX_SECONDS * 1_000).toISOString()).to.be.a("string");
    expect(new GrantExpired(MAX_SECONDS + 1).message).to.include(`${MAX_SECONDS + 1}`);
  });
});

describe("a memory of a time that no date has", () => {
  it("is told of as late as there is a date, so that a list with it can be shown", () => {
    expect(isoOf(Number.MAX_SAFE_INTEGER)).to.equal("+275760-09-13T00:00:00.000Z");
    expect(isoOf(0)).to.equal("1970-01-01T00:00:00.000Z");
  });
});

describe("a file that is taken for a welcome", () => {
  it("is not looked at when it is larger than any", async () => {
    const identity = generateIdentity(random);
    const fault = await thrown(readWelcome(new Uint8Array(65_537), identity));
    expect(fault).to.be.instanceOf(WelcomeRejected).with.property("why", "it has 65537 bytes, more than any");
    expect(await thrown(readWelcome(new Uint8Array(65_536), identity))).to.have.property(
      "why",
      "it is broken",
    );
  });
});

describe("a section that names one chunk again and again", () => {
  /** The head of a bench with a scope whose content is this, and how often its store was asked for a chunk. */
  async function opening(contentOf: (bench: Workbench, chunk: Uint8Array) => Promise<SectionContent>) {
    const bench = new Workbench("one chunk");
    const [scope = ""] = bench.names;
    await bench.commit({ [scope]: { put: [bench.record()] } });
    const context = chunkContext(bench.ref, 0, hexToBytes(scope));
    const chunk = seal(bench.keyOf(scope), context, pad(encodeItems([bench.record(30_000)])), random);
    const digest = hexToBytes(await bench.store.put(chunk));
    const content = await contentOf(bench, digest);
    const chain = await bench.forgedSection(scope, (section) => ({ ...section, content }));
    let asked = 0;
    const { store } = bench;
    const counting = misbehaving(store, {
      get: (wanted) => ((asked += wanted === bytesToHex(digest) ? 1 : 0), store.get(wanted)),
    });
    Object.assign(bench, { store: counting });
    return { fault: await thrown(bench.open(bench.ownerKeys(), chain)), asked: () => asked };
  }

  it("is refused before the chunk is read", async () => {
    const { fault, asked } = await opening((_, digest) =>
      Promise.resolve({ kind: "chunks", digests: Array<Uint8Array>(40).fill(digest) }),
    );
    expect(fault).to.be.instanceOf(MalformedData).with.property("where", "names a chunk twice");
    expect(asked()).to.equal(0);
  });

  it("is refused in an index as well, where 7,000 names would make a gigabyte of one blob", async () => {
    const { fault, asked } = await opening(async (bench, digest) => {
      const [scope = ""] = bench.names;
      const context = indexContext(bench.ref, 0, hexToBytes(scope));
      const index = pad(encodeItems(Array<Uint8Array>(7_000).fill(digest)));
      const blob = seal(bench.keyOf(scope), context, index, random);
      await bench.store.put(blob);
      return { kind: "index", digest: hexToBytes(digestOf(blob)) };
    });
    expect(fault).to.be.instanceOf(MalformedData).with.property("where", "names a chunk twice");
    expect(asked()).to.equal(0);
  });

  it("is refused when what the index names is no digest", async () => {
    const { fault } = await opening(async (bench) => {
      const [scope = ""] = bench.names;
      const context = indexContext(bench.ref, 0, hexToBytes(scope));
      const blob = seal(bench.keyOf(scope), context, pad(encodeItems([random(5)])), random);
      await bench.store.put(blob);
      return { kind: "index", digest: hexToBytes(digestOf(blob)) };
    });
    expect(fault).to.be.instanceOf(MalformedData).with.property("what", "chunk digest");
  });
});

/** A conversation of a ChatGPT export. */
const conversation = (text: string) => ({
  current_node: "a",
  mapping: { a: { message: { author: { role: "user" }, content: { content_type: "text", parts: [text] } } } },
});

describe("an export that is made to keep a reader busy", () => {
  it("is read in time that grows with its size, not with its square", () => {
    // A hundred times the size: seconds where the time grows with the square, milliseconds where it does not.
    const marks = "\ue200".repeat(400_000);
    const started = performance.now();
    const { conversation: read } = readConversation(conversation(`${marks}hello there all`));
    expect(performance.now() - started).to.be.below(2_000);
    expect(read.turns[0]?.text).to.equal(`${marks}hello there all`);
    const cited = readConversation(conversation("So \ue200cite\ue202turn0\ue201it is."));
    expect(cited.conversation.turns[0]?.text).to.equal("So it is.");
  });
});

describe("an export with a field that no record holds", () => {
  it("loses the memories that have it, by name, and no other", async () => {
    const talk = (id: string) => ({ ...conversation("I sleep at ten and like it"), conversation_id: id });
    const file = source("conversations.json", JSON.stringify([talk("x".repeat(70_000)), talk("0f3c")]));
    const items = await itemsOf(chatGpt(), [file]);
    expect(items.map(({ kind }) => kind)).to.deep.equal(["skipped", "memory"]);
    expect(skippedIn(items)[0]).to.match(/mapping\["a"\]: The record has \d+ bytes, 65536 are allowed/);
  });
});

describe("what is printed of a handle", () => {
  it("is the vault's name", async () => {
    const { vaultAt } = await import("../../../client/vault/session.ts");
    const key = new Uint8Array(32).fill(0xcd);
    const vault = vaultAt(
      { chainId: 7n, contract: `0x${"5e".repeat(20)}`, vaultId: 9n },
      { provider: {} as never, store: memoryStore(), journalStore: {} as never, journalKey: key },
    );
    const name = `vault 7/0x${"5e".repeat(20)}/0x${"9".padStart(64, "0")}`;
    for (const thing of [vault, { ...vault }, vault.journal, { vault }]) {
      const printed = inspect(thing, { depth: Infinity, maxArrayLength: Infinity }) + JSON.stringify(thing);
      expect(printed).to.include(name);
      expect(printed).to.not.match(/205, 205|cdcd/);
    }
    expect(hexlify(vault.journal.key)).to.equal(hexlify(key));
  });
});
