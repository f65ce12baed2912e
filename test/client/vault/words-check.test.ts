import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  collectWelcome,
  grant,
  memoryJournalStore,
  remember,
  sync,
  type Vault,
} from "../../../client/index.ts";
import { rekey } from "../../../client/manage.ts";
import { answerWords, askedWords, checkWords, seedToWords } from "../../../client/words.ts";
import {
  accept,
  createWorld,
  device,
  inDays,
  newReader,
  ownedVault,
  type World,
} from "../../helpers/world.ts";

const nameOf = (work: Promise<unknown>): Promise<string | null> =>
  work.then(
    () => null,
    (fault: unknown) => (fault as Error).name,
  );

describe("checking the 24 words", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const filled = async () => {
    const journalStore = memoryJournalStore();
    const { vault, seed } = await ownedVault(world, { ...device(world, world.owner), journalStore });
    await remember(vault, { scope: "career", text: "I build bridges" });
    await sync(vault);
    return { vault, seed, journalStore, words: seedToWords(seed).split(" ") };
  };

  const answer = (vault: Vault, places: readonly number[], words: readonly string[]): Promise<boolean> =>
    answerWords(
      vault,
      places,
      places.map((place) => words[place - 1]!),
    );

  it("opens the newest head by the words alone, and finds them in the roster", async () => {
    const { vault, words } = await filled();
    expect(await checkWords(vault, ` ${words.join("\n").toUpperCase()}`)).to.deep.equal({
      sequence: 1n,
      inRoster: true,
    });
  });

  it("refuses words of another vault, and what are no words", async () => {
    const { vault, words } = await filled();
    expect(await nameOf(checkWords(vault, seedToWords(randomBytes(32))))).to.equal("InvalidWords");
    expect(await nameOf(checkWords(vault, words.slice(1).join(" ")))).to.equal("InvalidWords");
    expect(await askedWords(vault)).to.equal(null);
  });

  it("is for the owner's devices", async () => {
    const { vault, words } = await filled();
    const { identity, recipient } = await newReader();
    const granted = await grant(vault, { recipient, scopes: ["career"], expiresAt: await inDays(world, 2) });
    const reader = await accept(world, identity, (await collectWelcome(vault, granted.memberId))!);
    expect(await nameOf(checkWords(reader, words.join(" ")))).to.equal("OwnerClassOnly");
  });

  it("asks for every word once, three at a time, and takes the right ones alone", async () => {
    const { vault, words } = await filled();
    expect(await askedWords(vault)).to.equal(null);
    await checkWords(vault, words.join(" "));
    const asked: number[] = [];
    for (let round = 0; round < 8; round++) {
      const places = (await askedWords(vault))!;
      expect(places).to.have.length(3);
      expect([...places].sort((a, b) => a - b)).to.deep.equal(places);
      expect(await answer(vault, places, words)).to.equal(true);
      expect(await answer(vault, places, words)).to.equal(false);
      asked.push(...places);
    }
    expect(asked.sort((a, b) => a - b)).to.deep.equal(words.map((_, index) => index + 1));
    expect(await askedWords(vault)).to.equal(null);
  });

  it("finds a word that is another one", async () => {
    const { vault, words } = await filled();
    await checkWords(vault, words.join(" "));
    let passed = 0;
    for (let round = 0; round < 5; round++) {
      const places = (await askedWords(vault))!;
      const right = places.map((place) => words[place - 1]!);
      if (await answerWords(vault, places, [right[0]!, "another", right[2]!])) passed++;
      await answerWords(vault, places, right);
    }
    // One of 256 passes.
    expect(passed).to.be.lessThan(3);
  });

  it("draws other threes each time the whole is typed", async () => {
    const { vault, words } = await filled();
    const drawn = new Set<string>();
    for (let i = 0; i < 4; i++) {
      await checkWords(vault, words.join(" "));
      drawn.add(String(await askedWords(vault)));
    }
    expect(drawn.size).to.be.greaterThan(1);
  });

  it("keeps a byte of each three, and no word", async () => {
    const { vault, words, journalStore } = await filled();
    await checkWords(vault, words.join(" "));
    const sealed = (await journalStore.read("words-check"))!;
    // Key and salt, eight threes of places and a byte, the seal's own.
    expect(sealed.length).to.be.lessThan(260);
  });

  it("asks for none of words that were renewed, and takes the new ones", async () => {
    const { vault, words } = await filled();
    await checkWords(vault, words.join(" "));
    const newWords = randomBytes(32);
    await rekey(vault, { remove: [], newWords });
    expect(await nameOf(checkWords(vault, words.join(" ")))).to.equal("InvalidWords");
    expect(await askedWords(vault)).to.equal(null);
    expect((await checkWords(vault, seedToWords(newWords))).inRoster).to.equal(true);
  });
});
