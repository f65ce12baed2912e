import { expect } from "chai";
import { Decrypter } from "age-encryption";
import { getBytes, keccak256, AbiCoder, id as hashText } from "ethers";

import { forget, grant, read, remember, revoke, sync, update, type Vault } from "../../client/index.ts";
import { change } from "../../client/manage.ts";
import { createWorld, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";
import { Workbench } from "../client/vault/workbench.ts";
import {
  decodeCbor,
  derive,
  readVault,
  refOf,
  welcomeBody,
  type ReaderInput,
  type Scopes,
} from "./reader.ts";

const textsOf = (records: readonly Uint8Array[]): string[] =>
  records.map((record) => (decodeCbor(record) as unknown[])[4] as string).sort();

describe("A second reader, written from SPEC.md", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const headOf = (vault: Vault) => world.memoryVault.memoryHead(vault.ref.vaultId);
  const fetch: ReaderInput["fetch"] = (digest) => world.store.get(digest);

  /** SPEC §11, steps 1 and 2: what words and first owner's address give, and nothing else. */
  async function fromTheWords(seed: Uint8Array, vault: Vault): Promise<Scopes> {
    const text = (purpose: string) => new TextEncoder().encode(`memory-vault/v1/${purpose}`);
    const salt = derive(seed, new Uint8Array(0), Buffer.concat([text("mint-salt"), new Uint8Array(4)]));
    const words = AbiCoder.defaultAbiCoder().encode(
      ["bytes32", "address", "bytes32"],
      [hashText("MemorySpace(address initialController,bytes32 salt)"), world.owner.address, salt],
    );
    const { chainId } = await world.provider.getNetwork();
    const ref = { chainId, contract: world.address, vaultId: BigInt(keccak256(words)) };
    expect(ref.vaultId).to.equal(vault.ref.vaultId);
    return readVault({
      ref,
      visibilityKey: derive(seed, refOf(ref), text("visibility-key")),
      secret: derive(seed, refOf(ref), text("recovery-secret")),
      ...{ class: "owner", epoch: 0, scopes: [], head: await headOf(vault), fetch },
    });
  }

  const byName = (scopes: Scopes): Record<string, string[]> => {
    const names = new Map<string, string>();
    for (const record of scopes.get(`${"00".repeat(15)}01`)!) {
      const [kind, id, , name] = decodeCbor(record) as [number, Uint8Array, Uint8Array, string];
      if (kind === 7) names.set(Buffer.from(id).toString("hex"), name);
    }
    return Object.fromEntries([...names].map(([id, name]) => [name, textsOf(scopes.get(id)!)]));
  };

  it("opens a vault from the words, over changes, removals and rotations", async () => {
    const { vault, seed } = await ownedVault(world);
    await remember(vault, {
      scope: "health",
      text: "Allergic to penicillin",
      metadata: { dose: 0.5, seen: [1, null] },
    });
    await remember(
      vault,
      { scope: "travel", text: "Window seat" },
      { scope: "travel", text: "Goes by train" },
    );
    await sync(vault);
    const [, travel] = (await read(vault)).scopes;
    await forget(vault, travel!.memories[0]!);
    await update(vault, travel!.memories[1]!, { text: "Goes by night train" });
    await sync(vault);
    const reader = await newReader();
    const terms = { scopes: ["health", "career"], expiresAt: await inDays(world, 30) };
    await grant(vault, { recipient: reader.recipient, ...terms });
    await revoke(vault, reader.recipient);
    await remember(vault, { scope: "health", text: "Runs at six" });
    await sync(vault);
    expect(byName(await fromTheWords(seed, vault))).to.deep.equal({
      health: ["Allergic to penicillin", "Runs at six"],
      travel: ["Goes by night train"],
      career: [],
    });
  });

  it("opens chunks, and an index of more than 48", async () => {
    const { vault, seed } = await ownedVault(world);
    const inputs = (scope: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({ scope, text: `${i} `.padEnd(32_000, "x") }));
    await remember(vault, ...inputs("learning", 12), ...inputs("career", 400));
    const { blobs } = await sync(vault);
    expect(blobs.length).to.be.greaterThan(50);
    const scopes = byName(await fromTheWords(seed, vault));
    expect(scopes.learning).to.have.length(12);
    expect(scopes.career).to.have.length(400);
  });

  it("opens what a welcome lets it, by the file alone", async () => {
    const { vault } = await ownedVault(world);
    await remember(
      vault,
      { scope: "health", text: "Sleeps at ten" },
      { scope: "finance", text: "Saves a fifth" },
    );
    await sync(vault);
    const reader = await newReader();
    const expiresAt = await inDays(world, 30);
    const { welcome } = await grant(vault, { recipient: reader.recipient, scopes: ["health"], expiresAt });
    const decrypter = new Decrypter();
    decrypter.addIdentity(reader.identity);
    const decrypt = (file: Uint8Array): Promise<Uint8Array> => decrypter.decrypt(file);
    const fields = welcomeBody(await decrypt(welcome!));
    const [version, ref, visibilityKey, , kind, epoch, secret, locator, scopes] = fields as [
      ...[
        number,
        Uint8Array,
        Uint8Array,
        Uint8Array,
        number,
        number,
        Uint8Array,
        Uint8Array,
        [Uint8Array, string][],
      ],
    ];
    expect([version, kind, fields.length]).to.deep.equal([1, 1, 16]);
    expect(Buffer.from(ref)).to.deep.equal(Buffer.from(refOf(vault.ref)));
    await remember(vault, { scope: "health", text: "Runs at six" });
    await sync(vault);
    const [[id, name]] = scopes as [[Uint8Array, string]];
    const standing = {
      ...({ ref: vault.ref, visibilityKey, class: "reader", secret, epoch, fetch } as const),
      scopes: [Buffer.from(id).toString("hex")],
    };
    const found = await readVault({ ...standing, head: await headOf(vault) });
    expect(name).to.equal("health");
    expect([...found.values()].map(textsOf)).to.deep.equal([["Runs at six", "Sleeps at ten"]]);
    expect(getBytes((await headOf(vault)).root)).to.have.length(32);

    // The grant is changed: the file in hand leads to a newer welcome, and that one to other scopes.
    await change(vault, reader.recipient, { scopes: ["finance"] });
    await remember(vault, { scope: "finance", text: "Spends the rest" });
    await sync(vault);
    const changed = await readVault({
      ...standing,
      ...{ head: await headOf(vault), newer: { locator, decrypt } },
    });
    expect([...changed.values()].map(textsOf)).to.deep.equal([["Saves a fifth", "Spends the rest"]]);
  });

  it("finds its key in the pages of a keyring that no head holds", async () => {
    const bench = new Workbench("a second reader");
    const [scope] = bench.names;
    for (let i = 0; i < 900; i++) bench.readers.push({ secret: bench.random(32), scopes: [scope!] });
    bench.admit(scope!);
    await bench.commit({ [scope!]: { put: [bench.record()] } });
    expect((await bench.headData()).pages).to.have.length(2);
    for (const { secret } of bench.readers.filter((_, i) => i % 90 === 0)) {
      const found = await readVault({
        ...{ ref: bench.ref, visibilityKey: bench.visibilityKey, class: "reader", secret, epoch: 0 },
        ...{ head: bench.chain, scopes: [scope!], fetch: (digest) => bench.store.get(digest) },
      });
      expect(found.get(scope!)).to.have.length(1);
    }
  });
});
