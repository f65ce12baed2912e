import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { hexlify } from "ethers";

import { attestWith } from "../../../apps/cli/agents.ts";
import { verifyAttestation } from "../../../client/attestation.ts";
import { keyOf, recipientBytes } from "../../../client/index.ts";
import { agentScene, events, faults, until } from "../../helpers/agent.ts";
import { TEST_PCRS, testDocument, testEnclave } from "../../helpers/nitro.ts";

const DAY = 86_400;

describe("an agent's key in an enclave", () => {
  it("is published with a document that an owner verifies, for less than seven days, and renewed in time", async () => {
    const scene = await agentScene();
    const { world, address } = scene;
    const { time } = world.networkHelpers;
    await world.networkHelpers.mine(40);
    const enclave = testEnclave(Date.now());
    const attest = async (userData: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> => {
      const at = Math.max(await time.latest(), Math.floor(Date.now() / 1_000)) * 1_000;
      return testDocument(enclave, at, { user_data: userData, nonce });
    };
    await scene.once({ attest });
    const { recipient, expiresAt, digest } = await keyOf(world.keyRegistry, address);
    const now = await time.latest();
    expect(expiresAt - now).to.be.within(6.9 * DAY, 7 * DAY);
    const place = { chainId: 31_337n, registry: await world.keyRegistry.getAddress(), agent: address };
    const chain = [{ registry: world.keyRegistry, provider: world.provider }];
    const terms = { chain, now, pcrs: [TEST_PCRS], roots: enclave.roots };
    await verifyAttestation(place, recipientBytes(recipient), {
      ...terms,
      fetch: (blob) => world.store.get(blob),
    });
    await time.increase(4 * DAY);
    await scene.once({ attest });
    expect((await keyOf(world.keyRegistry, address)).digest).to.equal(digest);
    await time.increase(DAY);
    await scene.once({ attest });
    expect((await keyOf(world.keyRegistry, address)).digest).not.to.equal(digest);
  });

  it("is vouched for anew where its transaction is too old, and what was signed is not sent any more", async () => {
    const scene = await agentScene();
    const { world, address } = scene;
    const nonces: string[] = [];
    const attest = (_: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> => {
      nonces.push(hexlify(nonce));
      return Promise.resolve(Uint8Array.of(nonces.length));
    };
    const stop = new AbortController();
    const raws: string[] = [];
    const broadcast = (raw: string): Promise<void> => Promise.resolve(void raws.push(raw));
    const ran = scene.run(stop.signal, { attest, broadcast });
    await until(() => raws.length > 0);
    stop.abort();
    await ran;
    await world.networkHelpers.mine(400);
    await scene.once({ attest });
    await scene.once({ attest });
    expect(nonces).to.have.length(2);
    const { blockNumber } = await world.keyRegistry.keyOf(address);
    const nonce = await world.provider.getBlock(nonces[1]!);
    expect(Number(blockNumber) - nonce!.number).to.be.lessThan(256);
    expect(events(scene, "key published")).to.have.length(1);
  }).timeout(60_000);

  it("is replaced where it landed too late all the same", async () => {
    const scene = await agentScene();
    const { world, address } = scene;
    let asked = 0;
    const attest = (): Promise<Uint8Array> => Promise.resolve(Uint8Array.of(++asked));
    const stop = new AbortController();
    const raws: string[] = [];
    const broadcast = (raw: string): Promise<void> => Promise.resolve(void raws.push(raw));
    const ran = scene.run(stop.signal, { attest, broadcast });
    await until(() => raws.length > 0);
    stop.abort();
    await ran;
    await world.networkHelpers.mine(400);
    await scene.agentWorld.broadcast(raws[0]!);
    const { digest: late } = await keyOf(world.keyRegistry, address);
    await scene.once({ attest });
    await scene.once({ attest });
    expect((await keyOf(world.keyRegistry, address)).digest).not.to.equal(late);
    expect(asked).to.equal(2);
  }).timeout(60_000);

  it("is not published where the enclave vouches for nothing", async () => {
    const scene = await agentScene();
    await scene.once({ attest: () => Promise.resolve(new Uint8Array()) });
    expect(faults(scene)).to.include("NoDocument");
    expect(events(scene, "key sent")).to.deep.equal([]);
    await scene.once();
    expect(events(scene, "key sent")).to.have.length(1);
  });

  it("is vouched for by whatever a program writes", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "memvault-attest-"));
    try {
      const program = path.join(folder, "attest");
      await writeFile(program, `#!/bin/sh\nprintf '%s-%s' "$1" "$2"\necho canary >&2\n`);
      await chmod(program, 0o700);
      const kept: Uint8Array[] = [];
      const keep = (document: Uint8Array): Promise<void> => Promise.resolve(void kept.push(document));
      const document = await attestWith(program, keep)(Uint8Array.of(1, 2), Uint8Array.of(255));
      expect(Buffer.from(document).toString()).to.equal("0102-ff");
      expect(kept).to.have.length(1);
      await writeFile(program, "#!/bin/sh\nexit 3\n");
      const failed = await attestWith(program, keep)(Uint8Array.of(1), Uint8Array.of(2)).catch(
        (fault: unknown) => fault,
      );
      expect(failed).to.have.property("name", "NoDocument");
      expect(kept).to.have.length(1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
