import { expect } from "chai";

import { seedToWords, wordsToSeed } from "../../../client/crypto/words.ts";
import { InvalidWords } from "../../../client/errors.ts";
import { seeded } from "../../helpers/seeded.ts";

const random = seeded("words");
const seed = random(32);
const words = seedToWords(seed);

/** Asserts that the text is refused, with a message that repeats none of its words. */
function refused(text: string, why: string): void {
  expect(() => wordsToSeed(text))
    .to.throw(InvalidWords, why)
    .that.does.not.have.property("cause");
  try {
    wordsToSeed(text);
  } catch (error) {
    const { message, stack } = error as InvalidWords;
    for (const word of text.split(/\s+/))
      if (word.length > 5) expect(`${message} ${stack ?? ""}`).not.to.include(word);
  }
}

describe("the 24 words", () => {
  it("are the seed", () => {
    for (let i = 0; i < 50; i++) {
      const any = random(32);
      expect(seedToWords(any).split(" ")).to.have.length(24);
      expect(wordsToSeed(seedToWords(any))).to.deep.equal(any);
    }
  });

  it("are those of BIP-39", () => {
    expect(seedToWords(new Uint8Array(32))).to.equal(`${"abandon ".repeat(23)}art`);
    expect(seedToWords(new Uint8Array(32).fill(255))).to.equal(`${"zoo ".repeat(23)}vote`);
  });

  it("are read however they are typed", () => {
    expect(wordsToSeed(words.toUpperCase())).to.deep.equal(seed);
    expect(wordsToSeed(`\n\t ${words.replaceAll(" ", " \r\n  ")}\u00a0`)).to.deep.equal(seed);
  });

  it("are refused when one is missing, unknown or out of place", () => {
    const list = words.split(" ");
    refused("", "0 words, 24 are needed");
    refused(list.slice(1).join(" "), "23 words");
    refused(`${words} ${words}`, "48 words");
    refused([...list.slice(0, 6), "satoshixx", ...list.slice(7)].join(" "), "word 7 is not in the list");
    refused([list[1], list[0], ...list.slice(2)].join(" "), "checksum");
  });

  it("are of 32 bytes", () => {
    expect(() => seedToWords(random(16))).to.throw(RangeError);
  });
});
