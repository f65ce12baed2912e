import { inspect } from "node:util";

import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { base64 } from "@scure/base";
import { expect } from "chai";
import { hexlify } from "ethers";

import { ratchet, scopeKey, seedSecrets } from "../../client/crypto/keys.ts";
import { readWelcome } from "../../client/crypto/welcome.ts";
import * as client from "../../client/index.ts";
import {
  acceptWelcome,
  generateIdentity,
  grant,
  grants,
  headOf,
  keyOf,
  pending,
  proveMemory,
  publishKey,
  read,
  recoverVault,
  remember,
  revoke,
  settle,
  status,
  sync,
  uncommitted,
  VaultError,
  type Vault,
} from "../../client/index.ts";
import { seedToWords, wordsToSeed } from "../../client/words.ts";
import {
  addDevice,
  change,
  devices,
  receipts,
  rekey,
  shred,
  welcomeFile,
  welcomeText,
} from "../../client/manage.ts";
import { writeOperations } from "../../client/vault/journal.ts";
import type { RekeyOperation } from "../../client/vault/operations.ts";
import { secretsOf } from "../../client/vault/plan.ts";
import { stateOf } from "../../client/vault/session.ts";
import { readKeys, writeKeys } from "../../apps/cli/keys.ts";
import { faultJson, faultText } from "../../apps/cli/faults.ts";
import { faultFields } from "../../apps/mcp/log.ts";
import { answerOf } from "../../apps/mcp/faults.ts";
import { misbehaving } from "../helpers/doubles.ts";
import { acceptingAt, admitted, changed, furnished, opened } from "../helpers/furnished.ts";
import { flipped } from "../helpers/seeded.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, type World } from "../helpers/world.ts";

const CANARY = "CANARY-7f3a of a memory";
const PASSPHRASE = "CANARY-passphrase horse";

/** Secrets by name, as they are met. */
class Secrets {
  readonly #needles = new Map<string, string>();

  /** Notes a secret in every form in which a careless program prints it. */
  add(name: string, secret: Uint8Array | string | null): void {
    if (secret === null) return;
    if (typeof secret === "string") {
      this.#needles.set(secret, name);
      return;
    }
    const some = [...secret.subarray(0, 8)];
    const forms = {
      hex: bytesToHex(secret.subarray(0, 12)),
      // Cut, so that it is found inside of a longer text as well.
      base64: base64.encode(secret.subarray(0, 12)),
      numbers: some.join(","),
      json: some.map((byte, i) => `"${i}":${byte}`).join(","),
    };
    for (const [form, text] of Object.entries(forms)) this.#needles.set(text, `${name} (${form})`);
  }

  get size(): number {
    return this.#needles.size;
  }

  /** Names of the secrets that stand in a text. */
  in(text: string): string[] {
    const bare = packed(text);
    return [...this.#needles].flatMap(([needle, name]) => (bare.includes(packed(needle)) ? [name] : []));
  }
}

/** Without case and blanks: inspected lists are set in columns. */
const packed = (text: string): string => text.toLowerCase().replace(/\s+/g, "");

/** All that is printed of something by who logs it whole. */
function printed(thing: unknown): string {
  const texts: string[] = [];
  const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
  texts.push(
    inspect(thing, { depth: Infinity, maxArrayLength: Infinity, maxStringLength: Infinity, getters: true }),
  );
  texts.push(JSON.stringify({ thing }, plain));
  if (thing instanceof Error) {
    texts.push(
      String(thing),
      thing.stack ?? "",
      JSON.stringify(Object.fromEntries(Object.entries(thing)), plain),
    );
    if (thing.cause !== undefined) texts.push(printed(thing.cause));
    if (thing instanceof VaultError) {
      texts.push(
        answerOf(thing),
        JSON.stringify(faultFields(thing)),
        faultText(thing, true),
        JSON.stringify(faultJson(thing), plain),
      );
    }
  }
  return texts.join("\n");
}

describe("Discreet: what the library gives or throws prints no secret", () => {
  let world: World;
  let vault: Vault;
  let seed: Uint8Array;
  const secrets = new Secrets();
  const results: Record<string, unknown> = {};
  const faults: Record<string, unknown> = {};

  /** Everything that a member's device holds at present. */
  async function note(name: string, member: Vault): Promise<void> {
    const state = await stateOf(member);
    secrets.add(`${name}: journal key`, member.journal.key);
    secrets.add(`${name}: secret`, state.secret);
    secrets.add(`${name}: next secret`, ratchet(state.secret));
    secrets.add(`${name}: visibility key`, state.visibilityKey);
    secrets.add(`${name}: locator`, state.locator);
    secrets.add(`${name}: identity`, state.identity);
    secrets.add(`${name}: next identity`, state.nextIdentity);
    const { whole } = await opened(member).catch(() => ({ whole: null }));
    if (whole?.epochKey == null) return;
    secrets.add(`${name}: epoch key`, whole.epochKey);
    for (const id of whole.scopes.keys())
      secrets.add(`${name}: key of ${id}`, scopeKey(whole.epochKey, hexToBytes(id)));
    const { members, commitKey, inbox } = secretsOf(whole);
    for (const [id, secret] of members) secrets.add(`${name}: secret of ${id}`, secret);
    secrets.add(`${name}: commit key`, commitKey);
    secrets.add(`${name}: inbox`, inbox);
  }

  const fails = async (name: string, work: Promise<unknown>): Promise<void> => {
    faults[name] = await work.then(
      () => {
        throw new Error(`${name}: nothing failed`);
      },
      (fault: unknown) => fault,
    );
  };

  before(async () => {
    world = await createWorld();
    const made = await furnished(world);
    ({ vault, seed } = made);
    const { environment } = made;
    secrets.add("seed", seed);
    const words = seedToWords(seed).split(" ");
    secrets.add("words", words.slice(0, 4).join(" "));
    secrets.add("words", words.slice(-4).join(" "));
    const given = seedSecrets(seed, vault.ref);
    secrets.add("recovery secret", given.recoverySecret);
    secrets.add("recovery locator", given.recoveryLocator);
    secrets.add("recovery identity", given.recoveryIdentity);
    await note("owner", vault);

    // A life, of which every result is kept.
    await remember(vault, { scope: "health", text: CANARY });
    results.synced = await sync(vault);
    results.pending = await pending(vault);
    const { reader, identity, welcome, terms } = await admitted(world, vault, world.stranger.address);
    secrets.add("reader's identity", identity);
    const { welcome: said } = await readWelcome(welcome, identity);
    secrets.add("welcome's secret", said.secret);
    secrets.add("welcome's locator", said.locator);
    await note("reader", reader);
    await note("owner after a grant", vault);
    results.handles = [vault, reader, vault.journal];
    results.grants = await grants(vault);
    results.devices = await devices(vault);
    results.statuses = [await status(vault), await status(reader), await headOf(reader)];
    const { scopes, ...view } = await read(vault);
    results.view = view;
    results.scopes = scopes.map(({ id, name }) => ({ id, name }));
    const [memory] = scopes.flatMap(({ memories }) => memories);
    results.settled = await settle(vault).then(() => null);
    const readerKey = await newReader();
    results.published = [
      await publishKey(
        world.keyRegistry.connect(world.stranger),
        readerKey.recipient,
        await inDays(world, 9),
      ),
      await keyOf(world.keyRegistry, world.stranger.address),
    ];
    secrets.add("published key's identity", readerKey.identity);
    const [grantee] = await grants(vault);
    results.changed = await change(vault, grantee!.id, { label: "renamed" });
    const phone = await newReader();
    secrets.add("phone's identity", phone.identity);
    const added = await addDevice(vault, { recipient: phone.recipient, label: "phone" });
    results.added = { ...added, welcome: null };
    const second = await acceptingAt(world, { journal: vault.journal } as Vault)(
      phone.identity,
      added.welcome!,
    ).catch(() =>
      acceptWelcome({
        ...device(world, world.owner),
        address: world.address,
        identity: phone.identity,
        welcome: added.welcome!,
      }),
    );
    await sync(second);
    await note("phone", second);
    results.second = [second, await devices(second)];
    const commitKey = randomBytes(32);
    secrets.add("a rekey's commit key", commitKey);
    const asked: RekeyOperation = {
      ...{ kind: "rekey", id: bytesToHex(randomBytes(16)), remove: [], confirmed: [], base: null, commitKey },
      ...{ replaced: world.stranger.address, words: given, newWords: given },
    };
    await writeOperations(second.journal, [asked]);
    results.waiting = [await pending(second), await uncommitted(second, null)];
    await shred(vault, memory!);
    results.shredded = await sync(vault);
    results.receipts = await receipts(vault);
    const phoneMember = (await devices(vault)).find(({ label }) => label === "phone");
    results.rekeyed = await rekey(vault, { remove: [phoneMember!.id], words: seed });
    await note("owner after a rekey", vault);
    results.revoked = await revoke(vault, world.stranger.address);
    await note("owner after a revoke", vault);

    // What goes wrong, with whatever was handed over wrongly.
    const { store } = vault;
    const altering = misbehaving(store, {
      get: async (digest) => {
        const blob = await store.get(digest);
        return blob && flipped(blob, 4_000);
      },
    });
    const broken = { get: () => Promise.resolve(null) };
    const fresh = () => device(world, world.owner);
    await fails(
      "wrong words",
      Promise.resolve().then(() => wordsToSeed([...words.slice(1), words[0]].join(" "))),
    );
    await fails(
      "23 words",
      Promise.resolve().then(() => wordsToSeed(words.slice(1).join(" "))),
    );
    await fails(
      "an unknown word",
      Promise.resolve().then(() => wordsToSeed(words.with(3, "CANARY").join(" "))),
    );
    await fails(
      "an identity for a recipient",
      grant(vault, { ...terms, recipient: identity, account: undefined }),
    );
    await fails("an identity cut", acceptingAt(world, reader)(identity.slice(0, -1), welcome));
    await fails("a recipient for an identity", acceptingAt(world, reader)(terms.recipient, welcome));
    await fails("another identity", acceptingAt(world, reader)(generateIdentity(), welcome));
    await fails("a welcome with a bit turned", acceptingAt(world, reader)(identity, flipped(welcome, 9_000)));
    await fails(
      "a welcome's text cut",
      Promise.resolve().then(() => welcomeFile(`${welcomeText(welcome)}1`)),
    );
    await fails("an ended welcome", accept(world, identity, welcome));
    await fails("a revoked reader", read(reader));
    await fails("a key for an account", grant(vault, { ...terms, account: hexlify(identityBytes()) }));
    await fails("a key for a name", revoke(vault, hexlify(seed)));
    await fails("words for a name", revoke(vault, words.join(" ")));
    const bare = (parts: Partial<client.Environment>) => changed(vault, environment, parts);
    await fails("an altering store", read(bare({ store: altering })));
    await fails("a lossy store", read(bare({ store: misbehaving(store, broken) })));
    await fails(
      "another journal key",
      read(bare({ journalKey: randomBytes(32), journalStore: vault.journal.store })),
    );
    await fails(
      "another owner",
      recoverVault({ ...fresh(), address: world.address, seed, owner: world.stranger.address }),
    );
    await fails("a long text", remember(vault, { scope: "health", text: CANARY.repeat(9_000) }));
    await fails(
      "metadata that is none",
      remember(vault, { scope: "health", text: "x", metadata: { x: CANARY, y: 1n } as never }),
    );
    await fails("an unknown memory", proveMemory(vault, "0".repeat(32)));
  });

  it("knows many secrets, and would find each of them", () => {
    expect(secrets.size).to.be.above(100);
    const state = { identity: "x", key: seed };
    expect(secrets.in(printed(state))).to.include.members(["seed (numbers)", "seed (json)"]);
    expect(secrets.in(printed(new Error("x", { cause: bytesToHex(seed) })))).to.include("seed (hex)");
    expect(secrets.in(seedToWords(seed))).to.include("words");
  });

  it("in no result", () => {
    expect(Object.keys(results)).to.have.length.above(14);
    for (const [name, result] of Object.entries(results))
      expect(secrets.in(printed(result)), name).to.deep.equal([]);
  });

  it("in no error, its cause, its stack, what the tools log of it or tell of it; nor the text of a memory", () => {
    expect(Object.keys(faults)).to.have.length.above(20);
    for (const [name, fault] of Object.entries(faults)) {
      expect(fault, name).to.be.instanceOf(VaultError);
      const text = printed(fault);
      expect(secrets.in(text), name).to.deep.equal([]);
      expect(text, name).to.not.include("CANARY");
    }
  });

  it("though all of it is still there for who asks for it by name", async () => {
    const [entry] = await devices(vault);
    expect(entry!.locator).to.have.length(32);
    expect(vault.journal.key).to.have.length(32);
  });

  it("nor of a profile's keys and its passphrase, whatever is wrong with the file", async () => {
    const files = client.memoryJournalStore();
    const keys = {
      journalKey: randomBytes(32),
      identity: generateIdentity(),
      account: `0x${"ca".repeat(32)}`,
      seed,
    };
    const own = new Secrets();
    own.add("journal key", keys.journalKey);
    own.add("identity", keys.identity);
    own.add("account", keys.account.slice(2));
    own.add("seed", seed);
    own.add("passphrase", PASSPHRASE);
    await writeKeys(files, keys, PASSPHRASE);
    const sealed = (await files.read("keys.age"))!;
    expect(own.in(Buffer.from(sealed).toString("latin1"))).to.deep.equal([]);
    const wrong = [sealed.subarray(0, 90), flipped(sealed, sealed.length * 8 - 9), sealed];
    for (const [i, bytes] of wrong.entries()) {
      await files.write("keys.age", bytes);
      const given = i === 2 ? `${PASSPHRASE}.` : PASSPHRASE;
      const fault = await thrown(readKeys(files, () => Promise.resolve(given)));
      expect(own.in(printed(fault)), `${i}`).to.deep.equal([]);
    }
  });
});

const identityBytes = (): Uint8Array => randomBytes(32);
