import { createHmac, hkdfSync } from "node:crypto";
import { readFile } from "node:fs/promises";

import { expect } from "chai";
import {
  AbiCoder,
  concat,
  getBytes,
  hexlify,
  id as hashText,
  keccak256,
  TypedDataEncoder,
  zeroPadValue,
} from "ethers";

import { ACCESS_REQUEST_TYPES } from "../../client/agents/access-request.ts";
import { PROPOSAL_TYPES } from "../../client/agents/proposal.ts";
import { identityText } from "../../client/crypto/identity.ts";
import * as keys from "../../client/crypto/keys.ts";
import { refBytes } from "../../client/crypto/ref.ts";
import * as seal from "../../client/crypto/seal.ts";
import { welcomeTypedData, type Welcome } from "../../client/crypto/welcome.ts";
import { remember, sync } from "../../client/index.ts";
import { DELTA_TYPES } from "../../client/vault/contract.ts";
import { createWorld, inDays, ownedVault, type World } from "../helpers/world.ts";
import { codeIn, tableUnder } from "./markdown.ts";

const SPEC = await readFile(new URL("../../SPEC.md", import.meta.url), "utf8");

describe("SPEC.md, constants", () => {
  const rows = tableUnder(SPEC, "| constant | value | in code |");

  /** A value of the code as the page writes it. */
  function written(value: unknown): string {
    if (value instanceof Uint8Array) return hexlify(value);
    if (Array.isArray(value)) return value.join(", ");
    if (typeof value === "object" && value !== null)
      return Object.entries(value)
        .map(([name, number]) => `${name} ${String(number)}`)
        .join(", ");
    return String(value);
  }

  it("has a table of them", () => {
    expect(rows.length).to.be.greaterThan(20);
  });

  for (const [constant = "", value = "", place = ""] of rows)
    it(`${constant}: ${value.slice(0, 40)}`, async () => {
      const [file, name] = codeIn(place);
      const module = (await import(new URL(`../../${file!}`, import.meta.url).href)) as Record<
        string,
        unknown
      >;
      expect(module).to.have.property(name!);
      expect(written(module[name!])).to.equal(value);
    });
});

/** Distinct bytes, so that nothing passes by being swapped. */
const bytes = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (first + 7 * i) % 256);
const ref = { chainId: 10_740n, contract: `0x${"c0".repeat(20)}`, vaultId: 2n ** 255n + 77n };
const scope = bytes(16, 5);
const [secret, salt] = [bytes(32, 11), bytes(32, 99)];

describe("SPEC.md, derivations", () => {
  const rows = tableUnder(SPEC, "| purpose | ikm | salt | info | bytes |");
  const salts: Record<string, Uint8Array> = {
    empty: new Uint8Array(0),
    ref: refBytes(ref),
    "keyring salt": salt,
  };
  const fields: Record<string, Uint8Array> = { "u32(index)": bytes(0, 0), "scopeId (16)": scope };
  fields["u32(index)"] = Uint8Array.of(0, 0, 1, 2);
  const { visibilityKey, recoverySecret, recoveryLocator, recoveryIdentity } = keys.seedSecrets(secret, ref);
  const made: Record<string, (okm: Uint8Array) => unknown> = {
    "mint-salt": () => keys.mintSalt(secret, 0x102),
    "visibility-key": () => visibilityKey,
    "recovery-secret": () => recoverySecret,
    "recovery-locator": () => recoveryLocator,
    "scope-key": () => keys.scopeKey(secret, scope),
    "member-ratchet": () => keys.ratchet(secret),
    "keyring-entry": () => keys.keyringTag(secret, salt, scope),
    "keyring-locator": () => keys.locatorTag(secret, salt),
  };

  for (const [purpose, , saltName, infoText, length] of rows) {
    const [name] = codeIn(purpose!);
    it(`${name!} is what the table says`, () => {
      const [text] = codeIn(infoText!);
      const field = infoText!.split(" ‖ ")[1];
      const info = concat([new TextEncoder().encode(text), field === undefined ? "0x" : fields[field]!]);
      const okm = new Uint8Array(
        hkdfSync("sha256", secret, salts[saltName!]!, getBytes(info), Number(length)),
      );
      // The pointer's key never shows; its pad does, when what it masks is zeros.
      if (name === "pointer") {
        const place = concat([refBytes(ref), zeroPadValue("0x09", 8), salt]);
        const pad = createHmac("sha256", okm).update(getBytes(place)).digest();
        expect(hexlify(keys.maskPointer(secret, ref, 9n, salt, new Uint8Array(32)))).to.equal(hexlify(pad));
      } else if (name === "recovery-identity") expect(recoveryIdentity).to.equal(identityText(okm));
      else expect(hexlify(made[name!]!(okm) as Uint8Array)).to.equal(hexlify(okm.slice(0, 32)));
    });
  }

  it("are all of them", async () => {
    const source = await readFile(new URL("../../client/crypto/keys.ts", import.meta.url), "utf8");
    const used = [...source.matchAll(/\b(?:info|secret)\("([a-z-]+)"/g)].map(([, purpose]) => purpose);
    expect([...new Set(used)].sort()).to.deep.equal(rows.map(([purpose]) => codeIn(purpose!)[0]).sort());
  });
});

describe("SPEC.md, contexts", () => {
  const rows = tableUnder(SPEC, "| purpose | key | fields |");
  const [sequence, epoch] = [0x1_0203_0405n, 0x0607_0809];
  const encoded: Record<string, Uint8Array> = {
    "u64(sequence)": Uint8Array.of(0, 0, 0, 1, 2, 3, 4, 5),
    "u32(epoch)": Uint8Array.of(6, 7, 8, 9),
    scopeId: scope,
    "the file's name": new TextEncoder().encode("state"),
    none: new Uint8Array(0),
  };
  const made: Record<string, Uint8Array> = {
    head: seal.headContext(ref, sequence),
    section: seal.sectionContext(ref, sequence, epoch, scope),
    chunk: seal.chunkContext(ref, epoch, scope),
    index: seal.indexContext(ref, epoch, scope),
    page: seal.pageContext(ref, epoch),
    welcome: seal.welcomeContext(ref),
    journal: seal.journalContext(ref, "state"),
  };

  it("are all of them", () => {
    expect(rows.map(([purpose]) => codeIn(purpose!)[0]).sort()).to.deep.equal(Object.keys(made).sort());
  });

  for (const [purpose, , fields] of rows) {
    const [name] = codeIn(purpose!);
    it(`${name!} is what the table says`, () => {
      const parts = fields!.split(" ‖ ");
      const prefix = new TextEncoder().encode(`memory-vault/v1/seal/${name!}\0`);
      expect(hexlify(made[name!]!)).to.equal(
        concat([prefix, refBytes(ref), ...parts.map((part) => encoded[part]!)]),
      );
    });
  }
});

describe("SPEC.md, the chain", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const types = Object.fromEntries(
    [...SPEC.matchAll(/^ {4}([A-Z][A-Za-z]+)\(.*\)$/gm)].map(([line, name]) => [
      name!,
      hashText(line.trim()),
    ]),
  );
  const typeHash = (fields: Record<string, { name: string; type: string }[]>, primary: string): string =>
    hashText(TypedDataEncoder.from(fields).encodeType(primary));

  it("signs the types that the page writes", async () => {
    const { memoryVault: vault, keyRegistry: registry } = world;
    const welcome: Welcome = {
      ...{ ref, visibilityKey: secret, memberId: scope, class: "owner", epoch: 0, secret, locator: salt },
      ...{ scopes: [], grantee: null, listed: false, expiresAt: null, permissions: 1, admission: "fresh" },
      ...{ inboxRecipient: null, recipientDigest: salt },
    };
    expect(types).to.deep.equal({
      ExperienceDelta: await vault.EXPERIENCE_DELTA_TYPEHASH(),
      SpaceRegistration: await vault.SPACE_REGISTRATION_TYPEHASH(),
      SpaceAuthorization: await vault.SPACE_AUTHORIZATION_TYPEHASH(),
      Welcome: typeHash(welcomeTypedData(welcome).types, "Welcome"),
      AccessRequest: typeHash(ACCESS_REQUEST_TYPES, "AccessRequest"),
      Proposal: typeHash(PROPOSAL_TYPES, "Proposal"),
      PublishKey: await registry.PUBLISH_KEY_TYPEHASH(),
    });
    expect(typeHash(DELTA_TYPES, "ExperienceDelta")).to.equal(types.ExperienceDelta);
    expect(await vault.PROFILE_ID()).to.equal(hashText("memory-vault/v1/profile"));
  });

  it("stores a vault where the table says", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "Sleeps at ten" });
    await sync(vault);
    const { vaultId } = vault.ref;
    const head = await world.memoryVault.memoryHead(vaultId);
    const base = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [vaultId, 8n])));
    const slot = (n: number) => world.provider.getStorage(world.address, base + BigInt(n));
    const first = BigInt(await slot(0));
    const rows = tableUnder(SPEC, "| slot | from bit | bits | field |").slice(0, 5);
    const stored = rows.map(([, from, width]) => (first >> BigInt(from!)) & (2n ** BigInt(width!) - 1n));
    const { sequence, configNonce, generation } = head;
    expect(stored).to.deep.equal([BigInt(head.authorizer), sequence, configNonce, generation, 1n]);
    expect(await Promise.all([1, 2, 3, 4].map(slot))).to.deep.equal([
      ...[head.prevStateRoot, head.root, head.pointer],
      zeroPadValue("0x", 32),
    ]);
  });

  it("stores a grant where the page says", async () => {
    const { vault } = await ownedVault(world);
    const { vaultId } = vault.ref;
    const expiresAt = BigInt(await inDays(world, 30));
    const grantee = world.stranger.address;
    await world.memoryVault.connect(world.owner).grant(vaultId, grantee, expiresAt, 3, salt);
    const abi = AbiCoder.defaultAbiCoder();
    const inner = keccak256(abi.encode(["uint256", "uint256"], [vaultId, 9n]));
    const slot = keccak256(abi.encode(["address", "bytes32"], [grantee, inner]));
    const stored = BigInt(await world.provider.getStorage(world.address, slot));
    expect(stored).to.equal(expiresAt | (3n << 64n) | (1n << 72n));
  });

  it("hashes transition and state as the page says", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "Sleeps at ten" });
    await sync(vault);
    const { sequence, prevStateRoot, root, pointer, transitionId, stateRoot } =
      await world.memoryVault.memoryHead(vault.ref.vaultId);
    const abi = (values: unknown[]) =>
      keccak256(
        AbiCoder.defaultAbiCoder().encode(
          values.map((value) => (typeof value === "bigint" ? "uint256" : "bytes32")),
          values,
        ),
      );
    const zero = zeroPadValue("0x", 32);
    const profile = hashText("memory-vault/v1/profile");
    const typed = types.ExperienceDelta!;
    expect(abi([typed, vault.ref.vaultId, sequence, prevStateRoot, root, zero, profile, pointer])).to.equal(
      transitionId,
    );
    const state = hashText("MemoryState(bytes32 prevStateRoot,bytes32 transitionId)");
    expect(abi([state, prevStateRoot, transitionId])).to.equal(stateRoot);
  });
});
