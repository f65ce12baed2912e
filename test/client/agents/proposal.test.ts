import { readFile } from "node:fs/promises";

import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { getBytes, hexlify, TypedDataEncoder, verifyTypedData, Wallet } from "ethers";

import {
  decodeProposal,
  encodeProposal,
  MAX_PROPOSED,
  proposalTypedData,
  proposedIds,
  readProposal,
  writeProposal,
  type Proposal,
} from "../../../client/agents/proposal.ts";
import { decodeCbor, encodeCbor } from "../../../client/cbor.ts";
import { encryptTo, generateIdentity, recipientBytes, recipientOf } from "../../../client/crypto/identity.ts";
import { refBytes } from "../../../client/crypto/ref.ts";
import { ContentTooLarge, MalformedData, WrongKeyError } from "../../../client/errors.ts";
import { ProposalRejected } from "../../../client/agents/errors.ts";
import { digestOf } from "../../../client/storage/store.ts";
import { REF } from "../vault/workbench.ts";
import { thrown } from "../../helpers/thrown.ts";

const wallet = new Wallet(`0x${"11".repeat(32)}`);
const SCOPE = "01".repeat(16);

const proposalOf = (texts: readonly string[]): Proposal => ({
  ...{ ref: REF, proposer: wallet.address.toLowerCase(), nonce: randomBytes(32) },
  memories: texts.map((text) => ({
    ...{ scope: SCOPE, type: "semantic", text, tags: [], validUntil: null, metadata: {} },
  })),
});

const sign: Parameters<typeof writeProposal>[2] = (domain, types, value) =>
  wallet.signTypedData(domain, types, value);

describe("a proposal", () => {
  let identity: string;
  let inbox: Uint8Array;
  before(async () => {
    identity = generateIdentity();
    inbox = recipientBytes(await recipientOf(identity));
  });

  it("comes back as it was, signed by its proposer over body, vault and nonce", async () => {
    const proposal = proposalOf(["Likes window seats", "Flies on Fridays"]);
    const opened = await readProposal(await writeProposal(proposal, inbox, sign), identity);
    expect(opened.proposal).to.deep.equal(proposal);
    const { domain, types, message } = proposalTypedData(opened.proposal);
    const signature = `0x${bytesToHex(opened.signature)}`;
    expect(verifyTypedData(domain, types, message, signature)).to.equal(wallet.address);
    for (const other of [
      { ...proposal, nonce: randomBytes(32) },
      { ...proposal, ref: { ...REF, chainId: 1n } },
      { ...proposal, ref: { ...REF, vaultId: 5n } },
      proposalOf(["Likes aisle seats"]),
    ]) {
      const data = proposalTypedData({ ...other, proposer: proposal.proposer });
      expect(verifyTypedData(data.domain, data.types, data.message, signature)).to.not.equal(wallet.address);
    }
  });

  it("is a file of exactly 4 or 16 KiB, whatever it says", async () => {
    const sizes = new Set<number>();
    for (const length of [1, 2_000, 2_150, 2_400, 9_000, 14_400])
      sizes.add((await writeProposal(proposalOf(["x".repeat(length)]), inbox, sign)).length);
    expect([...sizes]).to.deep.equal([4_096, 16_384]);
  });

  it("is never compressed: a text that repeats itself takes as much as one that does not", async () => {
    const fault = (await thrown(
      writeProposal(proposalOf(["x".repeat(14_600)]), inbox, sign),
    )) as ContentTooLarge;
    expect(fault).to.be.instanceOf(ContentTooLarge);
    expect(fault.message).to.match(/proposal/);
  });

  it("has 1 to 16 memories, each one that a vault can hold", () => {
    expect(encodeProposal(proposalOf(Array<string>(MAX_PROPOSED).fill("x")))).to.be.instanceOf(Uint8Array);
    for (const texts of [[], Array<string>(MAX_PROPOSED + 1).fill("x"), [""], ["x".repeat(32_769)]])
      expect(() => encodeProposal(proposalOf(texts)), String(texts.length)).to.throw(MalformedData);
    const [memory] = proposalOf(["x"]).memories;
    let deep: Record<string, unknown> = {};
    for (let i = 0; i < 32; i++) deep = { deep };
    for (const wrong of [
      { importance: 101 },
      { importance: 1.5 },
      { tags: [""] },
      { validUntil: -1 },
      { scope: "00".repeat(16) },
      { scope: `${"00".repeat(15)}01` },
      { text: "\ud800" },
      { metadata: deep },
    ]) {
      const proposal = { ...proposalOf(["x"]), memories: [{ ...memory, ...wrong }] } as Proposal;
      expect(() => encodeProposal(proposal), JSON.stringify(wrong).slice(0, 60)).to.throw(MalformedData);
    }
  });

  it("takes what was left out for what it means", () => {
    const given = { ...proposalOf([]), memories: [{ scope: SCOPE, text: "x" }] };
    const body = encodeProposal(given);
    expect(decodeProposal(body).memories).to.deep.equal(proposalOf(["x"]).memories);
  });

  it("is of one version, with its fields and no other", () => {
    const fields = decodeCbor(encodeProposal(proposalOf(["x"]))) as unknown[];
    for (const wrong of [
      [2, ...fields.slice(1)],
      [...fields, 1],
      fields.slice(1),
      [1, refBytes(REF).subarray(1), ...fields.slice(2)],
    ])
      expect(() => decodeProposal(encodeCbor(wrong))).to.throw(MalformedData);
  });

  it("is rejected when it has another size, is broken, or holds something else", async () => {
    const file = await writeProposal(proposalOf(["x"]), inbox, sign);
    const recipient = await recipientOf(identity);
    const of = (length: number): Promise<Uint8Array> => encryptTo([recipient], new Uint8Array(length));
    const altered = file.slice();
    altered[4_000]! ^= 1;
    for (const wrong of [
      file.subarray(0, 4_095),
      new Uint8Array([...file, 0]),
      new Uint8Array(4_096),
      altered,
      await of(4_096 - 1_659),
      await of(65_536 - 1_659),
    ])
      expect(await thrown(readProposal(wrong, identity))).to.be.instanceOf(ProposalRejected);
  });

  it("does not open for another key, and says so by a fault of its own", async () => {
    const file = await writeProposal(proposalOf(["x"]), inbox, sign);
    expect(await thrown(readProposal(file, generateIdentity()))).to.be.instanceOf(WrongKeyError);
  });

  it("gives its memories ids of their own, the same on every device", () => {
    const ids = proposedIds("ab".repeat(32), 3);
    expect(new Set(ids).size).to.equal(3);
    expect(ids).to.deep.equal(proposedIds("ab".repeat(32), 3));
    expect(proposedIds("ac".repeat(32), 3)).to.not.include.members(ids.slice(0, 1));
    for (const id of ids) expect(id).to.match(/^[0-9a-f]{32}$/);
  });
});

interface Vectors {
  readonly proposal: readonly {
    readonly title: string;
    readonly in: {
      readonly ref: { readonly chainId: string; readonly contract: string; readonly vaultId: string };
      readonly proposer: string;
      readonly nonce: string;
      readonly memories: Proposal["memories"];
    };
    readonly out: { readonly body: string; readonly hash: string };
  }[];
  readonly proposalFile: readonly {
    readonly title: string;
    readonly in: { readonly identity: string; readonly file: string };
    readonly out:
      | string
      | {
          readonly body: string;
          readonly signature: string;
          readonly digest: string;
          readonly memoryIds: readonly string[];
        };
  }[];
}

const vectors = JSON.parse(
  await readFile(new URL("../../vectors/agents.json", import.meta.url), "utf8"),
) as Vectors;

describe("test/vectors/agents.json, proposals", () => {
  for (const { title, in: input, out } of vectors.proposal)
    it(title, () => {
      const { chainId, contract, vaultId } = input.ref;
      const ref = { chainId: BigInt(chainId), contract, vaultId: BigInt(vaultId) };
      const proposal = { ...input, ref, nonce: getBytes(input.nonce) };
      expect(hexlify(encodeProposal(proposal))).to.equal(out.body);
      const { domain, types, message } = proposalTypedData(decodeProposal(getBytes(out.body)));
      expect(TypedDataEncoder.hash(domain, types, message)).to.equal(out.hash);
    });

  for (const { title, in: input, out } of vectors.proposalFile)
    it(title, async () => {
      const file = getBytes(`0x${input.file}`);
      const read = readProposal(file, input.identity);
      if (typeof out === "string") {
        expect(((await thrown(read)) as Error).name).to.equal(out);
        return;
      }
      const { proposal, signature } = await read;
      expect(hexlify(encodeProposal(proposal))).to.equal(out.body);
      expect(hexlify(signature)).to.equal(out.signature);
      expect(digestOf(file)).to.equal(out.digest);
      expect(proposedIds(out.digest, proposal.memories.length)).to.deep.equal(out.memoryIds);
    });
});
