import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  decodeAnswer,
  encodeAnswer,
  openAnswer,
  publicAnswer,
  sealAnswer,
  type Answer,
} from "../../../client/agents/answer.ts";
import { AnswerRejected } from "../../../client/agents.ts";
import { encryptTo } from "../../../client/crypto/identity.ts";
import { ContentTooLarge, MalformedData } from "../../../client/errors.ts";
import { flipped } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";
import { newReader } from "../../helpers/world.ts";

const ANSWER: Answer = {
  ...{ chainId: 31_337n, agent: `0x${"a1".repeat(20)}`, vaultId: 2n ** 255n + 7n, requestId: 3n },
  ...{ sequence: 12n, root: `0x${"0b".repeat(32)}`, text: "At the window, please. 🪟" },
};

describe("a sealed answer", () => {
  let identity: string;
  let recipient: string;
  before(async () => ({ identity, recipient } = await newReader()));
  const rejected = async (data: Uint8Array, place: Answer = ANSWER, by = identity): Promise<string> => {
    const fault = await thrown(openAnswer(data, by, place));
    expect(fault).to.be.instanceOf(AnswerRejected);
    return (fault as AnswerRejected).why;
  };

  it("opens for the asker, at its place", async () => {
    const sealed = await sealAnswer(ANSWER, recipient);
    expect(await openAnswer(sealed, identity, ANSWER)).to.equal(ANSWER.text);
    const written = { ...ANSWER, agent: ANSWER.agent.toUpperCase().replace("0X", "0x"), root: ANSWER.root };
    expect(await openAnswer(sealed, identity, written)).to.equal(ANSWER.text);
  });

  it("has one of four sizes, whatever it says", async () => {
    const sizes = new Set<number>();
    for (const length of [0, 1, 100, 200, 300, 2_000, 2_300, 6_000, 6_400, 14_000, 14_550])
      sizes.add((await sealAnswer({ ...ANSWER, text: "x".repeat(length) }, recipient)).length);
    expect([...sizes]).to.deep.equal([2_048, 4_096, 8_192, 16_384]);
    const long = { ...ANSWER, text: "x".repeat(14_600) };
    expect(await thrown(sealAnswer(long, recipient))).to.be.instanceOf(ContentTooLarge);
  });

  it("is for nobody else", async () => {
    const other = await newReader();
    expect(await rejected(await sealAnswer(ANSWER, recipient), ANSWER, other.identity)).to.equal(
      "it is for another key",
    );
  });

  it("stands nowhere else", async () => {
    const sealed = await sealAnswer(ANSWER, recipient);
    expect(await rejected(sealed, { ...ANSWER, chainId: 1n })).to.equal("it is for another chain");
    expect(await rejected(sealed, { ...ANSWER, agent: `0x${"a2".repeat(20)}` })).to.equal(
      "it is for another agent",
    );
    expect(await rejected(sealed, { ...ANSWER, vaultId: 8n })).to.equal("it is for another vault");
    expect(await rejected(sealed, { ...ANSWER, requestId: 4n })).to.equal("it is for another request");
    expect(await rejected(sealed, { ...ANSWER, sequence: 11n })).to.equal("it is for another head");
    expect(await rejected(sealed, { ...ANSWER, root: `0x${"0c".repeat(32)}` })).to.equal(
      "it is for another head",
    );
  });

  it("opens with no bit turned and no byte cut or added", async () => {
    const sealed = await sealAnswer(ANSWER, recipient);
    for (const bit of [0, 8 * 30, 8 * 500 + 3, 8 * 1_700, 8 * 2_000 + 1, 8 * 2_047 + 7]) {
      const altered = flipped(sealed, bit);
      // Without its header it is no age file any more, and no text either.
      expect(await thrown(openAnswer(altered, identity, ANSWER))).to.be.instanceOf(AnswerRejected);
    }
    expect(await rejected(sealed.subarray(1))).to.equal("it is neither an age file nor text");
    expect(await rejected(sealed.subarray(0, 2_047))).to.equal("it has 2047 bytes, as no answer has");
  });

  it("hides nothing behind its end, and claims no more than it has", async () => {
    const plain = new Uint8Array(2_048 - 1_659);
    plain.set([0, 0, 1, 255]);
    expect(await rejected(await encryptTo([recipient], plain))).to.equal("it is malformed");
    const data = encodeAnswer(ANSWER);
    plain.set([0, 0, 0, data.length, ...data]);
    expect(await openAnswer(await encryptTo([recipient], plain), identity, ANSWER)).to.equal(ANSWER.text);
    plain[plain.length - 1] = 1;
    expect(await rejected(await encryptTo([recipient], plain))).to.equal("it is malformed");
  });

  it("is read back as it was written, and in one form only", () => {
    expect(decodeAnswer(encodeAnswer(ANSWER))).to.deep.equal(ANSWER);
    const other = encodeAnswer(ANSWER);
    other[1] = 2;
    expect(() => decodeAnswer(other)).to.throw(MalformedData, "another version");
  });
});

describe("a public answer", () => {
  it("is text as it stands", async () => {
    const { identity } = await newReader();
    const text = "\u{feff}Half past eight";
    expect(await openAnswer(publicAnswer(text), identity, ANSWER)).to.equal(text);
  });

  it("is taken for no sealed one", () => {
    expect(() => publicAnswer("age-encryption.org/v1\nand so on")).to.throw(MalformedData);
    expect(() => publicAnswer("x".repeat(16_385))).to.throw(ContentTooLarge);
  });

  it("is UTF-8", async () => {
    const { identity } = await newReader();
    const fault = await thrown(openAnswer(Uint8Array.of(0xff, ...utf8ToBytes("x")), identity, ANSWER));
    expect(fault).to.be.instanceOf(AnswerRejected);
  });
});
