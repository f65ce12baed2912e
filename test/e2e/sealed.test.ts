import { randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";

import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import type { Log, TransactionResponse } from "ethers";

import {
  findWelcome,
  forget,
  grant,
  memoryJournalStore,
  memoryStore,
  publishKey,
  read,
  recipientBytes,
  recipientDigest,
  reinforce,
  remember,
  revoke,
  sync,
  update,
  type Vault,
} from "../../client/index.ts";
import { contains } from "../helpers/contains.ts";
import { archiving } from "../helpers/doubles.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const SIZES = [4_096, 16_384, 65_536, 262_144];
const AGE = utf8ToBytes("age-encryption.org/v1");
const CANARY = "kanarienvogel-9e1f";

/** A text that the canary sings in, at a place of its own. */
const song = (where: string): string => `${where} ${CANARY} ${where}`;

/** Every form in which a text could stand somewhere by mistake. */
function formsOf(text: string): [string, Uint8Array][] {
  const utf8 = Buffer.from(text);
  const base64 = [0, 1, 2].flatMap((shift) => {
    // What stands before shifts the groups of three; the first and the last group depend on the neighbours.
    const whole = Buffer.concat([Buffer.alloc(shift), utf8]).toString("base64");
    const inner = whole.slice(shift === 0 ? 0 : 4, whole.length - 4);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")].map((form): [string, Uint8Array] => [
      `base64, shifted by ${shift}`,
      utf8ToBytes(form),
    ]);
  });
  return [
    ["UTF-8", utf8],
    ["UTF-8 in capitals", Buffer.from(text.toUpperCase())],
    ["UTF-16LE", Buffer.from(text, "utf16le")],
    ["UTF-16BE", Buffer.from(text, "utf16le").swap16()],
    ["hex", utf8ToBytes(utf8.toString("hex"))],
    ["hex in capitals", utf8ToBytes(utf8.toString("hex").toUpperCase())],
    ["percent-encoding", utf8ToBytes([...utf8].map((byte) => `%${byte.toString(16)}`).join(""))],
    ["reversed", Uint8Array.from(utf8).reverse()],
    ...base64,
  ];
}

/** The unsalted hashes by which somebody who guesses a text would recognise it. */
const hashesOf = (text: string): [string, Uint8Array][] => [
  ["sha256", sha256(utf8ToBytes(text))],
  ["keccak256", keccak_256(utf8ToBytes(text))],
];

/** The chi-square statistic of bytes against uniform ones: 255 degrees of freedom. */
function chiSquare(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]! += 1;
  const expected = bytes.length / 256;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Everything that a run leaves where others can see it. */
interface Traces {
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly calldata: readonly Uint8Array[];
  readonly logs: readonly Uint8Array[];
  readonly slots: readonly Uint8Array[];
}

describe("Promise 2: nobody reads but whom the owner admitted, and nothing else shows what is in a vault", () => {
  let world: World;
  let vault: Vault;
  let archive: Map<string, Uint8Array>;
  let traces: Traces;
  let texts: string[];
  let journals: Uint8Array[];
  let listed: string;
  let unlisted: string;

  before(async function () {
    this.timeout(120_000);
    world = await createWorld();
    const archived = archiving(memoryStore("test store"));
    archive = archived.archive;
    const journalStore = memoryJournalStore();
    const owned = await ownedVault(world, { ...device(world, world.owner, archived.store), journalStore });
    vault = owned.vault;
    texts = await wholeStory(archived.store);
    traces = { blobs: archive, ...(await tracesOnChain()) };
    journals = await Promise.all(
      (await journalStore.list()).map(async (name) => (await journalStore.read(name))!),
    );
  });

  /** Mint, remember, sync, grant in every way, read, change, forget, revoke; returns every text that must stay secret. */
  async function wholeStory(store: Vault["store"]): Promise<string[]> {
    const secret = {
      ...{
        text: song("text"),
        scope: song("scope"),
        tag: song("tag"),
        key: song("key"),
        value: song("value"),
      },
      ...{
        tool: song("tool"),
        agent: song("agent"),
        thread: song("thread"),
        url: song("https"),
        label: song("label"),
      },
      ...{ changed: song("changed"), second: song("second"), other: song("other"), late: song("late") },
    };
    await remember(
      vault,
      {
        ...{
          scope: secret.scope,
          text: secret.text,
          tags: [secret.tag],
          metadata: { [secret.key]: secret.value },
        },
        source: { tool: secret.tool, agent: secret.agent, thread: secret.thread, url: secret.url },
      },
      { scope: secret.scope, text: secret.second },
      { scope: secret.other, text: CANARY },
    );
    await sync(vault);
    const expiresAt = await inDays(world, 30);
    const [agent, friend] = [await newReader(), await newReader()];
    [listed, unlisted] = [agent.recipient, friend.recipient];
    await publishKey(world.keyRegistry.connect(world.stranger), listed, expiresAt);
    await grant(vault, {
      ...{ recipient: listed, account: world.stranger.address, scopes: [secret.scope], expiresAt },
      ...{ label: secret.label, storeWelcome: true, propose: true },
    });
    const welcome = await findWelcome(vault.contract, vault.ref.vaultId, world.stranger.address, store);
    const reader = await accept(world, agent.identity, welcome, store);
    const quiet = await grant(vault, {
      ...{ recipient: unlisted, scopes: [secret.scope, secret.late], expiresAt, label: secret.label },
    });
    const quietReader = await accept(world, friend.identity, quiet.welcome!, store);
    const [first, second] = (await read(vault)).scopes.find(({ name }) => name === secret.scope)!.memories;
    await update(vault, first!, { text: secret.changed });
    await reinforce(vault, second!);
    await sync(vault);
    await forget(vault, second!);
    await sync(vault);
    expect((await read(reader)).scopes).to.have.length(1);
    expect((await read(quietReader)).scopes).to.have.length(2);
    await revoke(vault, world.stranger.address);
    await revoke(vault, unlisted);
    // Enough for every size of blob, of text that would compress well.
    await remember(
      vault,
      ...Array.from({ length: 60 }, (_, i) => ({
        scope: secret.other,
        text: song(`${i}`).repeat(i) || CANARY,
      })),
    );
    await sync(vault);
    await remember(
      vault,
      ...Array.from({ length: 15 }, () => ({ scope: secret.other, text: song("bulk").repeat(1_000) })),
    );
    await sync(vault);
    for (let i = 0; i < 25; i++) {
      await remember(vault, { scope: secret.scope, text: song(`later ${i}`) });
      await sync(vault);
    }
    expect((await read(vault)).scopes.flatMap(({ memories }) => memories)).to.have.length(
      1 + 1 + 60 + 15 + 25,
    );
    return Object.values(secret);
  }

  /** Calldata and logs of every transaction since the chain began, and every word that any of them stored. */
  async function tracesOnChain(): Promise<Omit<Traces, "blobs">> {
    const { provider } = world;
    const latest = await provider.getBlockNumber();
    const blocks = await Promise.all(
      Array.from({ length: latest + 1 }, (_, number) => provider.getBlock(number, true)),
    );
    const transactions = blocks.flatMap(
      (block): TransactionResponse[] => block?.prefetchedTransactions ?? [],
    );
    const logs: Log[] = await provider.getLogs({ fromBlock: 0, toBlock: latest });
    const slots: Uint8Array[] = [];
    for (const { hash, to } of transactions) {
      // Deployments store the contracts' own constants; everything else is the vault's story.
      if (to === null) continue;
      const trace = (await provider.send("debug_traceTransaction", [hash, { disableMemory: true }])) as {
        structLogs: { op: string; stack: string[] }[];
      };
      for (const { op, stack } of trace.structLogs) {
        if (op !== "SSTORE") continue;
        slots.push(...stack.slice(-2).map((word) => hexToBytes(word.replace(/^0x/, "").padStart(64, "0"))));
      }
    }
    return {
      calldata: transactions.filter(({ to }) => to !== null).map(({ data }) => hexToBytes(data.slice(2))),
      logs: logs.flatMap(({ topics, data }) => [...topics, data].map((part) => hexToBytes(part.slice(2)))),
      slots,
    };
  }

  const isWelcome = (blob: Uint8Array): boolean => contains(blob.subarray(0, AGE.length), AGE);
  const commitBlobs = (): Uint8Array[] => [...traces.blobs.values()].filter((blob) => !isWelcome(blob));

  it("has left traces enough to be worth a search", () => {
    expect(commitBlobs().length).to.be.greaterThan(35);
    expect(traces.calldata.length).to.be.greaterThan(35);
    expect(traces.logs.length).to.be.greaterThan(70);
    expect(traces.slots.length).to.be.greaterThan(70);
    expect(journals.length).to.be.greaterThan(0);
  });

  it("would find the canary in each of the forms that it looks for", () => {
    for (const [name, form] of formsOf(CANARY)) {
      expect(form.length, name).to.be.greaterThan(12);
      expect(contains(concatBytes(randomBytes(100), form, randomBytes(100)), form), name).to.equal(true);
    }
    const inBase64 = [0, 1, 2].map((shift) =>
      utf8ToBytes(Buffer.from(" ".repeat(shift) + song("x")).toString("base64")),
    );
    for (const text of inBase64) {
      expect(
        formsOf(CANARY).some(([, form]) => contains(text, form)),
        "some shift matches",
      ).to.equal(true);
    }
  });

  it("shows the canary in no stored blob, calldata, log or storage slot, nor in the journal's files", () => {
    const needles = [...formsOf(CANARY), ...texts.flatMap(hashesOf)];
    const places = {
      blobs: [...traces.blobs.values()],
      calldata: traces.calldata,
      logs: traces.logs,
      slots: traces.slots,
      journals,
    };
    for (const [place, haystacks] of Object.entries(places)) {
      for (const [form, needle] of needles) {
        expect(
          haystacks.some((haystack) => contains(haystack, needle)),
          `${place}, ${form}`,
        ).to.equal(false);
      }
    }
  });

  it("stores blobs of four sizes, and welcomes as age files of two", () => {
    const sizes = new Set(commitBlobs().map((blob) => blob.length));
    expect([...sizes].sort((a, b) => a - b)).to.deep.equal(SIZES);
    const welcomes = [...traces.blobs.values()].filter(isWelcome).map((blob) => blob.length);
    expect(welcomes).to.deep.equal([4_096]);
  });

  it("stores bytes that nothing tells from random ones", () => {
    const blobs = commitBlobs();
    // One in 3·10⁹ sequences of random bytes has a statistic above 420, one in 10¹¹ one below 130.
    for (const bytes of [
      ...blobs,
      concatBytes(...blobs),
      concatBytes(...blobs.map((blob) => blob.subarray(0, 128))),
    ]) {
      expect(chiSquare(bytes), `${bytes.length} bytes`).to.be.within(130, 420);
    }
    for (const blob of blobs) expect(deflateRawSync(blob).length).to.be.at.least(blob.length);
    // The test has eyes: text, padding and a counter are each seen.
    expect(chiSquare(utf8ToBytes(CANARY.repeat(250)))).to.be.greaterThan(420);
    expect(chiSquare(new Uint8Array(4_096))).to.be.greaterThan(420);
    expect(chiSquare(Uint8Array.from({ length: 4_096 }, (_, i) => i))).to.be.lessThan(130);
  });

  it("stores no sixteen bytes twice, though a keyring stands in many heads", () => {
    const seen = new Set<string>();
    let count = 0;
    for (const blob of commitBlobs()) {
      const hex = bytesToHex(blob);
      for (let at = 0; at < hex.length; at += 32, count++) seen.add(hex.slice(at, at + 32));
    }
    expect(seen.size).to.equal(count);
  });

  /** The words of everything on chain: heads of every block, topics, data, calldata, slots; without small numbers. */
  async function chainWords(): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    const add = (bytes: Uint8Array): void => {
      // Sixteen leading zeros make a small number, an address's word is cut to the address.
      const value = bytes.subarray(0, 12).every((byte) => byte === 0) ? bytes.subarray(12) : bytes;
      if (value.subarray(0, 8).some((byte) => byte !== 0)) found.set(bytesToHex(value), value);
    };
    const split = (bytes: Uint8Array, from = 0): void => {
      for (let at = from; at + 32 <= bytes.length; at += 32) add(bytes.subarray(at, at + 32));
    };
    for (const data of traces.calldata) {
      split(data, 4);
      // Calls within a multicall begin behind a selector of their own.
      for (const shift of [8, 12, 16, 20, 24, 28]) split(data, shift);
    }
    for (const bytes of [...traces.logs, ...traces.slots]) split(bytes);
    const latest = await world.provider.getBlockNumber();
    for (let blockTag = 1; blockTag <= latest; blockTag++) {
      const head = await world.memoryVault.memoryHead(vault.ref.vaultId, { blockTag }).catch(() => null);
      if (head === null) continue;
      for (const word of [head.root, head.pointer, head.stateRoot, head.prevStateRoot, head.transitionId]) {
        add(hexToBytes(word.slice(2)));
      }
    }
    for (const account of [world.address, world.owner.address, world.stranger.address])
      found.set(account, hexToBytes(account.slice(2)));
    return found;
  }

  it("stores no value of the chain in any blob: roots, pointers, state roots, ids, addresses", async () => {
    const words = await chainWords();
    const { root, pointer, stateRoot } = await vault.contract.memoryHead(vault.ref.vaultId);
    for (const word of [root, pointer, stateRoot]) expect(words.has(word.slice(2))).to.equal(true);
    expect(words.has(vault.ref.vaultId.toString(16).padStart(64, "0"))).to.equal(true);
    expect(words.size).to.be.greaterThan(200);
    const all = concatBytes(...traces.blobs.values());
    for (const [word, bytes] of words) expect(contains(all, bytes), word).to.equal(false);
  });

  it("shows no blob's digest on chain, but that of a welcome that was left in the store", () => {
    const chain = concatBytes(...traces.calldata, ...traces.logs, ...traces.slots);
    const shown = [...traces.blobs.keys()].filter((digest) => contains(chain, hexToBytes(digest)));
    expect(shown.map((digest) => isWelcome(traces.blobs.get(digest)!))).to.deep.equal([true]);
  });

  it("shows no digest of one blob in another", () => {
    const all = concatBytes(...traces.blobs.values());
    for (const digest of traces.blobs.keys()) expect(contains(all, hexToBytes(digest))).to.equal(false);
  });

  it("shows an unlisted grantee nowhere: neither its key nor the key's digest", () => {
    const places = [...traces.calldata, ...traces.logs, ...traces.slots, ...traces.blobs.values()];
    const key = recipientBytes(unlisted);
    for (const needle of [key.subarray(0, 32), key.subarray(-32), recipientDigest(key)]) {
      expect(places.some((place) => contains(place, needle))).to.equal(false);
    }
    // A listed grantee's key is public: it stands in the registry.
    expect(traces.calldata.some((data) => contains(data, recipientBytes(listed)))).to.equal(true);
  });
});
