import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { JsonRpcProvider, Wallet } from "ethers";

import { runningNode } from "../../apps/cli/devnode.ts";
import { quoted } from "../../apps/cli/terminal.ts";
import { decodeRequest, makeRequest } from "../../client/agents.ts";
import { publishKey, recipientBytes, registryContract } from "../../client/index.ts";
import { ConciergeAgent__factory } from "../../typechain-types/index.ts";
import { newReader } from "../helpers/world.ts";
import { cliIn } from "./cli-world.ts";

const PLAIN = ["init", "--no-passphrase", "--yes"];
const ZEROS = `0x${"00".repeat(32)}`;
const NEVER = 4_000_000_000;

describe("memvault requests, and agent request", function () {
  this.timeout(120_000);
  let home: string;
  let cli: ReturnType<typeof cliIn>["cli"];
  let json: ReturnType<typeof cliIn>["json"];
  let fault: ReturnType<typeof cliIn>["fault"];
  let vaultId: string;
  let operator: Wallet;
  let provider: JsonRpcProvider;
  let addresses: { readonly memoryVault: string; readonly keyRegistry: string };
  const as = ["--profile", "agent"];

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-cli-"));
    ({ cli, json, fault } = cliIn(home));
    await json(PLAIN);
    const { url } = await json(["dev", "--detach"]);
    ({ vaultId } = await json(["mint", "--label", "mine"]));
    await json(["add", "Prefers window seats", "--scope", "travel", "--sync"]);
    await json([...as, ...PLAIN, "--no-words"]);
    // An account of the local chain is funded when it is first asked for.
    await json([...as, "status"]);
    const file = path.join(home, "profiles", "agent", "keys.json");
    const { account } = JSON.parse(await readFile(file, "utf8")) as { account: string };
    provider = new JsonRpcProvider(url, 31_337, { staticNetwork: true, cacheTimeout: -1 });
    operator = new Wallet(account, provider);
    const deployment = path.join(home, "dev", "deployments", "31337.json");
    addresses = JSON.parse(await readFile(deployment, "utf8")) as typeof addresses;
    await provider.send("anvil_setBalance", [operator.address, "0x8ac7230489e80000"]);
  });
  after(async () => {
    provider.destroy();
    await cli(["dev", "stop"]);
    const node = await runningNode(home);
    if (node !== null) process.kill(node.pid, "SIGKILL");
    await rm(home, { recursive: true, force: true });
  });

  /** An agent contract of the operator's, with a published key. */
  async function newAgent(): Promise<{ readonly account: string; readonly digest: string }> {
    const { memoryVault, keyRegistry } = addresses;
    const agent = await new ConciergeAgent__factory(operator).deploy(
      memoryVault,
      keyRegistry,
      operator.address,
    );
    await agent.waitForDeployment();
    const { recipient } = await newReader();
    await (await agent.publishKey(recipientBytes(recipient), NEVER, ZEROS)).wait();
    const account = await agent.getAddress();
    const { recipientDigest: digest } = await registryContract(keyRegistry, provider).keyOf(account);
    return { account, digest };
  }

  const asking = (account: string, ...more: string[]): string[] => [
    ...as,
    ...["agent", "request", "--vault", vaultId, "--agent", account, "--scopes", "travel,dreams"],
    ...["--purpose", "To plan a journey", ...more],
  ];
  const ask = async (account: string): Promise<string> => String((await json(asking(account))).line);

  it("carry one line from an agent contract's operator to a grant for exactly that", async () => {
    const { account, digest } = await newAgent();
    const { out, code } = await cli(asking(account, "--days", "7", "--propose"));
    expect(code).to.equal(0);
    expect(out).to.match(/^memvault-request:[A-Za-z0-9_-]+\n$/);
    const file = path.join(home, "request.txt");
    await writeFile(file, out);
    const shown = await cli(["requests", "add", file]);
    expect(shown.code, shown.err).to.equal(0);
    const { request } = decodeRequest(out.trim());
    for (const fact of [
      ...[account, `its operator ${operator.address}`, `Signed by    its operator`, digest, vaultId],
      ...['"travel"', '"dreams" (not there yet)', "read, and propose memories", request.nonce],
      ...[
        new Date(request.expiresAt * 1_000).toISOString(),
        'its own words, which nobody checked: "To plan a journey"',
      ],
    ])
      expect(shown.out).to.include(fact);
    const [, id] = /requests accept ([0-9a-f]{8})\n/.exec(shown.out)!;
    expect((await cli(["requests"])).out).to.match(new RegExp(`${id!}  waiting  ${account}`));

    // Nobody is there, and then somebody who says no.
    expect((await fault(["requests", "accept", id!])).name).to.equal("NotConfirmed");
    const asked: string[] = [];
    const no = await cli(["requests", "accept", id!], {
      answer: (question, said) => {
        asked.push(question);
        expect(said).to.include(digest).and.include("To plan a journey");
        return asked.length === 1 ? "yes" : "no";
      },
    });
    expect(no.code).to.equal(9);
    expect(asked[0]).to.include('There is no scope "dreams" yet').and.not.include('"travel"');
    expect(asked[1]).to.include("exactly that");
    expect((await json(["grants"])).grants).to.deep.equal([]);

    const accepted = await json(["requests", "accept", id!, "--label", "my agent", "--yes"]);
    expect(accepted).to.include({ digest, expiresAt: new Date(request.expiresAt * 1_000).toISOString() });
    expect(accepted.welcome).to.match(/\.age$/);
    const [grant] = (await json(["grants"])).grants as Record<string, unknown>[];
    expect(grant).to.deep.include({
      grantee: account.toLowerCase(),
      label: "my agent",
      listed: true,
      propose: true,
    });
    expect(grant!.expiresAt).to.equal(accepted.expiresAt);
    expect((grant!.scopes as string[]).toSorted()).to.deep.equal(["dreams", "travel"]);
    const { requests } = await json(["requests"]);
    expect(requests).to.have.nested.property("[0].state", "accepted");

    await json(["revoke", account, "--yes"]);
    for (const again of [
      ["accept", id!],
      ["add", file],
      ["refuse", id!],
    ])
      expect((await fault(["requests", ...again, "--yes"])).name, again[0]).to.equal("RequestTaken");
  });

  it("are refused for good, and not another's with them", async () => {
    const { account } = await newAgent();
    const line = await ask(account);
    const added = await json(["requests", "add", "-"], { input: `${line}\n` });
    expect(added).to.deep.include({ account, newScopes: [], isContract: true, operator: operator.address });
    expect(await json(["requests", "refuse", added.id.slice(0, 8)])).to.deep.equal({
      id: added.id,
      state: "refused",
    });
    expect((await fault(["requests", "add", line])).name).to.equal("RequestTaken");
    expect((await fault(["requests", "accept", added.id, "--yes"])).name).to.equal("RequestTaken");
    expect((await json(["requests", "add", await ask(account)])).id).to.not.equal(added.id);
  });

  it("are asked about again where the grant could not be made, and can be refused then", async () => {
    const { account } = await newAgent();
    const { id } = await json(["requests", "add", await ask(account)]);
    const pcrs = path.join(home, "pcrs.json");
    await writeFile(pcrs, JSON.stringify({ PCR0: "ab".repeat(48) }));
    const attested = ["requests", "accept", id, "--require-attestation", pcrs];
    // Consent was given to a key in an enclave that is allowed, and to nothing else.
    expect((await fault([...attested, "--yes"])).name).to.equal("NotAttested");
    expect((await fault(["requests", "accept", id])).name).to.equal("NotConfirmed");
    expect((await fault([...attested, "--attestation", path.join(home, "absent"), "--yes"])).name).to.equal(
      "FileFault",
    );
    const members = (await json(["grants"])).grants as { grantee: string }[];
    expect(members.map(({ grantee }) => grantee)).to.not.include(account.toLowerCase());
    expect(await json(["requests", "refuse", id])).to.include({ state: "refused" });
  });

  it("come from an account of a key as well, which is the agent unless one is named", async () => {
    const { recipient } = await newReader();
    const withKey = [
      "agent",
      "request",
      "--vault",
      vaultId,
      "--scopes",
      "travel",
      "--purpose",
      "To read along",
    ];
    expect(await fault([...as, ...withKey])).to.include({ name: "KeyNotPublished", code: 7 });
    await publishKey(registryContract(addresses.keyRegistry, operator), recipient, NEVER);
    const made = await json([...as, ...withKey]);
    expect(made).to.deep.include({
      account: operator.address,
      signedBy: { as: "account", signer: operator.address.toLowerCase() },
    });
    const { id, isContract, signedBy } = await json(["requests", "add", String(made.line)]);
    expect([isContract, (signedBy as { as: string }).as]).to.deep.equal([false, "account"]);
    const { label } = (await json(["requests", "accept", id, "--yes"]).then(() => json(["grants"])))
      .grants[0] as { label: string };
    expect(label).to.equal("");
  });

  it("are refused where the profile is not the agent's operator, or says too little", async () => {
    const { account } = await newAgent();
    const stranger = ["--profile", "stranger"];
    await json([...stranger, ...PLAIN, "--no-words"]);
    const foreign = asking(account).slice(2);
    expect(await fault([...stranger, ...foreign])).to.include({ name: "NotSignedBy", code: 4 });
    const wrong: [string[], string, number][] = [
      [["agent"], "UsageFault", 2],
      [["agent", "request"], "UsageFault", 2],
      [
        ["agent", "request", "--vault", vaultId.slice(0, 10), "--scopes", "x", "--purpose", "y"],
        "UsageFault",
        2,
      ],
      [["agent", "request", "--vault", vaultId, "--scopes", ",", "--purpose", "y"], "UsageFault", 2],
      [["agent", "request", "--vault", vaultId, "--scopes", "x"], "UsageFault", 2],
      [asking("0x12").slice(2), "InvalidAccount", 7],
      [asking(account, "--days", "0").slice(2), "UsageFault", 2],
      [asking(account, "--purpose", "\u001b[31mred").slice(2), "InvalidPurpose", 7],
      [asking(account, "--purpose", " ").slice(2), "InvalidPurpose", 7],
      [asking(account, "--scopes", "a\u0007b").slice(2), "InvalidScopeName", 7],
    ];
    for (const [argv, name, code] of wrong) {
      const refused = await fault([...as, ...argv]);
      expect([refused.name, refused.code], argv.join(" ")).to.deep.equal([name, code]);
    }
    for (const [argv, name, code] of [
      [["add", path.join(home, "absent.txt")], "FileFault", 7],
      [["add", "memvault-request:AAAA"], "MalformedData", 5],
      [["add", `memvault-request:${"A".repeat(16_384)}`], "MalformedData", 5],
      [["accept", "ffffffff"], "UnknownRequest", 7],
      [["accept", "", "--yes"], "UnknownRequest", 7],
      [["refuse", "\u001b[31m"], "UnknownRequest", 7],
    ] as [string[], string, number][]) {
      const refused = await fault(["requests", ...argv]);
      expect([refused.name, refused.code], argv.join(" ")).to.deep.equal([name, code]);
    }
    expect((await cli(["requests", "refuse", "\u001b[31m"])).err).to.not.match(/\u001b/);
  });

  it("are granted for no longer than ten years, as by memvault grant", async () => {
    const { account, digest } = await newAgent();
    const ref = { chainId: 31_337n, contract: addresses.memoryVault, vaultId: BigInt(vaultId) };
    const terms = {
      ref,
      account,
      recipientDigest: digest,
      scopes: ["travel"],
      permissions: 1,
      purpose: "Plan",
    };
    const line = await makeRequest({ ...terms, expiresAt: NEVER }, operator, randomBytes);
    const { id } = (await json(["requests", "add", line])) as { id: string };
    expect((await fault(["requests", "accept", id, "--yes"])).name).to.equal("InvalidExpiry");
    await cli(["requests", "refuse", id]);
    expect((await fault(asking(account, "--days", "3651"))).name).to.equal("UsageFault");
  });

  it("reach a terminal as data: nothing in a purpose or a name is obeyed, hidden or taken for ours", async () => {
    const { account, digest } = await newAgent();
    const purpose = 'Trusted".\u2003Signed by    Ann\u200b \u200fabc \u00ad{"yes":true}';
    const scopes = ["travel", 'a"\u200b, "b', "\u202edlog"];
    const ref = { chainId: 31_337n, contract: addresses.memoryVault, vaultId: BigInt(vaultId) };
    const terms = { ref, account, recipientDigest: digest, scopes, permissions: 1, purpose };
    const expiresAt = Math.floor(Date.now() / 1_000) + 3_000 * 86_400;
    const line = await makeRequest({ ...terms, expiresAt }, operator, randomBytes);
    const { out } = await cli(["requests", "add", line]);
    const listed = (await cli(["requests"])).out;
    const { id } = (await json(["requests", "add", line])) as { id: string };
    const accepted = await cli(["requests", "accept", id, "--yes"]);
    expect(accepted.code, accepted.err).to.equal(0);
    for (const text of [out, listed, accepted.out])
      expect(text).to.not.match(
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\u00ad\u2003]/,
      );
    expect(out).to.include(
      String.raw`"Trusted\".\u{2003}Signed by    Ann\u{200b} \u{200f}abc \u{ad}{\"yes\":true}"`,
    );
    expect(out).to.include(String.raw`"a\"\u{200b}, \"b" (not there yet), "\u{202e}dlog" (not there yet)`);
    expect(out.match(/^Signed by /gm)).to.have.length(1);
    expect(quoted("\u0000\u0085\ud800 ok")).to.equal(String.raw`"\u{0}\u{85}\u{d800} ok"`);
    expect(out).to.match(/^Beware +the request holds 5 characters that cannot be seen/m);
  });
});
