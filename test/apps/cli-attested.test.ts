import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { HDNodeWallet, hexlify, JsonRpcProvider } from "ethers";

import { attestedKey, NOT_PROVEN } from "../../apps/cli/attested.ts";
import { devHome, runningNode } from "../../apps/cli/devnode.ts";
import { readDeployment } from "../../apps/cli/profile.ts";
import { makeRequest } from "../../client/agents.ts";
import { userDataOf, type Bundle } from "../../client/attestation.ts";
import {
  generateIdentity,
  memoryJournalStore,
  memoryStore,
  publishKey,
  recipientBytes,
  recipientDigest,
  recipientOf,
  registryContract,
  vaultAt,
  type Deployment,
} from "../../client/index.ts";
import { directoryStore } from "../../client/node.ts";
import { testDocument, testEnclave, TEST_PCRS } from "../helpers/nitro.ts";
import { nameOf } from "../helpers/thrown.ts";
import { cliIn } from "./cli-world.ts";

describe("memvault grant --require-attestation", function () {
  this.timeout(180_000);
  const enclave = testEnclave(Date.now());
  let home: string;
  let run: ReturnType<typeof cliIn>;
  let provider: JsonRpcProvider;
  let deployment: Deployment;
  let list: string;
  let vaultId: string;
  let accounts = 0;

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-attested-"));
    run = cliIn(home, { attestationRoots: enclave.roots });
    await run.json(["init", "--no-passphrase", "--yes"]);
    await run.json(["dev", "--detach"]);
    ({ vaultId } = await run.json(["mint", "--label", "mine"]));
    await run.json(["add", "Prefers window seats", "--scope", "travel", "--sync"]);
    provider = new JsonRpcProvider((await runningNode(home))!.url, undefined, { cacheTimeout: -1 });
    const { chainId } = await provider.getNetwork();
    deployment = (await readDeployment(devHome(home), chainId))!;
    list = await fileOf("pcrs.json", JSON.stringify(Object.fromEntries(named(TEST_PCRS))));
  });
  after(async () => {
    provider.destroy();
    await run.cli(["dev", "stop"]);
    const node = await runningNode(home);
    if (node !== null) process.kill(node.pid, "SIGKILL");
    await rm(home, { recursive: true, force: true });
  });

  const named = (pcrs: ReadonlyMap<number, string>) =>
    [...pcrs].map(([index, digits]) => [`PCR${index}`, digits] as const);

  const fileOf = async (name: string, content: string | Uint8Array): Promise<string> => {
    const file = path.join(home, name);
    await writeFile(file, content);
    return file;
  };

  /** An account with a key, and what an enclave says of it. */
  async function agent({
    fields = {},
    bundle: change = {},
    days = 6,
    digest,
  }: {
    readonly fields?: Readonly<Record<string, unknown>>;
    readonly bundle?: Partial<Bundle>;
    readonly days?: number;
    readonly digest?: string;
  } = {}) {
    const wallet = HDNodeWallet.fromSeed(new Uint8Array(16).fill(++accounts)).connect(provider);
    await provider.send("anvil_setBalance", [wallet.address, "0xde0b6b3a7640000"]);
    const recipient = await recipientOf(generateIdentity());
    const latest = (await provider.getBlock("latest"))!;
    const notAfter = latest.timestamp + days * 86_400;
    const bundle = {
      ...{ chainId: deployment.chainId, registry: deployment.keyRegistry, agent: wallet.address },
      ...{ recipient: recipientBytes(recipient), notAfter, ...change },
    };
    const document = testDocument(enclave, Date.now(), {
      ...{ nonce: hexToBytes(latest.hash!.slice(2)), user_data: userDataOf(bundle), ...fields },
    });
    const attestation = digest ?? `0x${bytesToHex(sha256(document))}`;
    const registry = registryContract(deployment.keyRegistry, wallet);
    await publishKey(registry, recipient, notAfter, attestation);
    const file = await fileOf(`document-${accounts}.bin`, document);
    return { address: wallet.address, wallet, registry, recipient, document, file, notAfter };
  }

  const argv = (to: string, ...more: string[]) => [
    ...["grant", "--to", to, "--scopes", "travel", "--require-attestation", list, ...more],
  ];

  it("grants to a key that an allowed image vouches for, and says what that proves and what not", async () => {
    const { address, file, notAfter } = await agent();
    const { code, out, err } = await run.cli(argv(address, "--attestation", file));
    expect(code, err).to.equal(0);
    expect(out)
      .to.include("verified by this device")
      .and.include(`PCR0         ${TEST_PCRS.get(0)!}`);
    expect(out).to.include("i-0123456789abcdef0-enc0123456789abcdef").and.not.include("PCR5");
    expect(out).to.include(new Date(notAfter * 1_000).toISOString());
    for (const what of NOT_PROVEN) expect(out).to.include(what);
    expect(out.indexOf("verified by this device")).to.be.below(out.indexOf("Transaction"));
  });

  it("takes the document from the vault's store by the registered digest, and tells a program all of it", async () => {
    const { address, document, notAfter } = await agent();
    const missing = await run.fault(argv(address));
    expect([missing.name, missing.code]).to.deep.equal(["DocumentMissing", 7]);
    await directoryStore(path.join(home, "blobs")).put(document);
    const printed = await run.json(argv(address));
    expect(printed["attestation"]).to.deep.include({
      verifiedBy: "this device",
      document: bytesToHex(sha256(document)),
      until: new Date(notAfter * 1_000).toISOString(),
      pcrs: Object.fromEntries(named(TEST_PCRS)),
      key: printed["digest"],
      notProven: [...NOT_PROVEN],
    });
  });

  it("takes a document in base64", async () => {
    const { address, document } = await agent();
    const text = Buffer.from(document).toString("base64").replace(/.{76}/g, "$&\n");
    const file = await fileOf("document.b64", text);
    expect(await run.json(argv(address, "--attestation", file))).to.have.property("attestation");
  });

  it("refuses anything else by its name, and sends nothing", async () => {
    const good = await agent();
    const other = await agent();
    const none = await agent({ digest: `0x${"00".repeat(32)}` });
    const debug = await agent({ fields: { pcrs: new Map([0, 1, 2].map((i) => [i, new Uint8Array(48)])) } });
    const elsewhere = await agent({ bundle: { agent: good.address } });
    const old = await agent({ fields: { timestamp: Date.now() - 11 * 60_000 } });
    const long = await agent({ days: 8 });
    const foreign = await agent({ fields: { nonce: new Uint8Array(32).fill(7) } });
    const nobody = HDNodeWallet.createRandom().address;
    const image = await fileOf("other.json", JSON.stringify({ PCR0: "ab".repeat(48) }));
    const before = await provider.getBlockNumber();
    const refusals: readonly (readonly [string, number, readonly string[]])[] = [
      ["NotAttested", 7, argv(none.address, "--attestation", good.file)],
      ["OtherDocument", 7, argv(good.address, "--attestation", other.file)],
      ["DebugEnclave", 7, argv(debug.address, "--attestation", debug.file)],
      ["UserDataMismatch", 7, argv(elsewhere.address, "--attestation", elsewhere.file)],
      ["DocumentNotOfThatTime", 7, argv(old.address, "--attestation", old.file)],
      ["AttestationTooLong", 7, argv(long.address, "--attestation", long.file)],
      ["NonceNotRecent", 7, argv(foreign.address, "--attestation", foreign.file)],
      ["KeyNotPublished", 7, argv(nobody, "--attestation", good.file)],
      [
        ...(["PcrsNotAllowed", 7] as const),
        [
          "grant",
          "--to",
          good.address,
          "--scopes",
          "travel",
          "--require-attestation",
          image,
          "--attestation",
          good.file,
        ],
      ],
      [
        "InvalidPcrs",
        7,
        ["grant", "--to", good.address, "--scopes", "travel", "--require-attestation", good.file],
      ],
      ["FileFault", 7, ["grant", "--to", good.address, "--scopes", "travel", "--require-attestation", home]],
      ["FileFault", 7, argv(good.address, "--attestation", list)],
      ["UsageFault", 2, ["grant", "--to", good.address, "--scopes", "travel", "--attestation", good.file]],
      ["UsageFault", 2, argv(good.recipient)],
    ];
    for (const [name, code, line] of refusals) {
      const fault = await run.fault(line);
      expect([fault.name, fault.code], `${name}: ${fault.message}`).to.deep.equal([name, code]);
    }
    expect(await provider.getBlockNumber()).to.equal(before);
  });

  it("holds for what an agent asks for as well, and what was refused can be accepted with another list", async () => {
    const { address, wallet, file, recipient } = await agent();
    const ref = { chainId: deployment.chainId, contract: deployment.memoryVault, vaultId: BigInt(vaultId) };
    const expiresAt = ((await provider.getBlock("latest"))?.timestamp ?? 0) + 30 * 86_400;
    const line = await makeRequest(
      {
        ...{ ref, account: address, recipientDigest: hexlify(recipientDigest(recipientBytes(recipient))) },
        ...{ scopes: ["travel"], permissions: 1, expiresAt, purpose: "To plan a journey" },
      },
      wallet,
      randomBytes,
    );
    const { id } = await run.json(["requests", "add", line]);
    const accept = (...more: string[]) => ["requests", "accept", id, ...more];
    const image = await fileOf("another.json", JSON.stringify({ PCR0: "ab".repeat(48) }));
    const refused = accept("--require-attestation", image, "--attestation", file, "--yes");
    expect((await run.fault(refused)).name).to.equal("PcrsNotAllowed");
    expect((await run.fault(accept("--attestation", file, "--yes"))).name).to.equal("UsageFault");
    const printed = await run.json(accept("--require-attestation", list, "--attestation", file, "--yes"));
    expect(printed).to.have.nested.property("attestation.key", printed["digest"]);
  });

  it("begins at AWS's root and no other, unless a test says so", async () => {
    const { address, file } = await agent();
    const production = cliIn(home);
    const { name } = await production.fault(argv(address, "--attestation", file));
    expect(name).to.equal("UnknownRoot");
  });

  it("holds it against the very key that is granted to: neither one from before, nor a recipient alone, nor later", async () => {
    const { address, document, registry, recipient, notAfter } = await agent();
    const keptAt = (now: number, second?: JsonRpcProvider) =>
      vaultAt(
        { chainId: deployment.chainId, contract: deployment.memoryVault, vaultId: 1n },
        {
          ...{ provider, secondProvider: second, store: memoryStore(), now: () => now },
          ...{ journalStore: memoryJournalStore(), journalKey: new Uint8Array(32) },
        },
      );
    const attested = (vault = keptAt(Date.now()), to = address) =>
      attestedKey({ vault, keyRegistry: deployment.keyRegistry, roots: enclave.roots }, to, recipient, {
        ...{ pcrs: [TEST_PCRS], document },
      });
    expect((await attested()).agent).to.equal(address);
    expect((await attested(keptAt(Date.now(), provider))).agent).to.equal(address);
    expect(await nameOf(attested(keptAt(notAfter * 1_000)))).to.equal("AttestationExpired");
    expect(await nameOf(attested(keptAt(Date.now()), recipient))).to.equal("InvalidAccount");
    const liar = new JsonRpcProvider(provider._getConnection().url, undefined, { cacheTimeout: -1 });
    liar.getBlock = async (block) => {
      const shown = await provider.getBlock(block);
      const { number, hash, timestamp } = shown!;
      return { number, hash, timestamp: timestamp + 60 } as never;
    };
    expect(await nameOf(attested(keptAt(Date.now(), liar)))).to.equal("RpcsDisagree");
    liar.destroy();
    await publishKey(registry, await recipientOf(generateIdentity()), notAfter, `0x${"01".repeat(32)}`);
    expect(await nameOf(attested())).to.equal("KeyReplaced");
  });
});
