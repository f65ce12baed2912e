import { expect } from "chai";

import { NEXT_COMMIT, Transactions, type TransactionCost } from "../../../apps/web/src/chain/transactions.ts";
import { grantAct } from "../../../apps/web/src/pages/access/sentences.ts";
import { minutesFault } from "../../../apps/web/src/pages/settings/minutes.ts";
import { faultText } from "../../../apps/web/src/ui/fault-text.ts";
import { holdStill } from "../../../apps/web/src/ui/still.ts";
import { withoutNumbers } from "../../../apps/web/src/ui/words-text.ts";
import { MalformedData, RpcUnavailable } from "../../../client/errors.ts";
import { seedToWords, wordsToSeed } from "../../../client/words.ts";

describe("the web app's words", () => {
  it("say of a key that is not whole what to do", () => {
    const { message } = faultText(new MalformedData("recipient", "its checksum is wrong"));
    expect(message).to.equal("This is no whole key: copy it again. (its checksum is wrong.)");
    expect(faultText(new MalformedData("CBOR", "x")).message).to.match(/^Malformed CBOR/);
  });

  it("call the only RPC not the first", () => {
    expect(faultText(new RpcUnavailable("first", "timeout. ")).message).to.match(
      /^The RPC gives no answer \(timeout\)\. /,
    );
    expect(faultText(new RpcUnavailable("first", "TypeError")).message).to.match(
      /^The RPC gives no answer\. Nothing/,
    );
    expect(faultText(new RpcUnavailable("second", "x")).message).to.match(/^The second RPC /);
  });

  it("refuse minutes that are none", () => {
    for (const text of ["0", "", "x", "1.5", "-1", "999999"])
      expect(minutesFault(text)).to.match(/^Type a whole/);
    expect(minutesFault(" 5 ")).to.equal(null);
  });

  it("tell first what is paid for", async () => {
    const transactions = new Transactions();
    const cost = { what: [NEXT_COMMIT] } as unknown as TransactionCost;
    const asked = (): readonly string[] => transactions.get().at(-1)!.cost.what;
    const said = grantAct({ name: " Mum ", scopes: ["health"], expiresAt: 1_798_000_000 });
    expect(said).to.match(/^Grants Mum health until .*2026\.$/);
    const done = transactions.during(said, () => transactions.ask(cost));
    expect(asked()).to.deep.equal([said, ...cost.what]);
    transactions.answer(1, true);
    await done;
    void transactions.ask(cost);
    expect(asked()).to.deep.equal(cost.what);
  });

  it("tell what a commit carries besides, where there is one", async () => {
    const transactions = new Transactions();
    const asked = (what: readonly string[]): readonly string[] => {
      void transactions.ask({ what } as unknown as TransactionCost);
      return transactions.get().at(-1)!.cost.what;
    };
    await transactions.during(
      "Grants Mum health.",
      () => {
        expect(asked([NEXT_COMMIT])).to.deep.equal(["Grants Mum health.", "And 2 changes.", NEXT_COMMIT]);
        expect(asked(["Revokes it."])).to.deep.equal(["Grants Mum health.", "Revokes it."]);
        return Promise.resolve();
      },
      "And 2 changes.",
    );
    expect(asked([NEXT_COMMIT])).to.deep.equal([NEXT_COMMIT]);
  });
});

describe("words with their numbers", () => {
  const seed = new Uint8Array(32).fill(7);
  const words = seedToWords(seed).split(" ");

  it("are taken as a sheet has them", () => {
    for (const number of ["1 ", "1. ", "1.", "1) ", "1: ", "1\n"]) {
      const sheet = words.map((word, i) => `${number.replace("1", String(i + 1))}${word}`).join("\n");
      expect(wordsToSeed(withoutNumbers(sheet)), JSON.stringify(number)).to.deep.equal(seed);
    }
  });

  it("keep all else, which the client refuses", () => {
    expect(withoutNumbers(" abandon zoo1 ab2le 1two.three 4 ")).to.equal("abandon zoo1 ab2le  two.three");
    expect(() => wordsToSeed(withoutNumbers(`1. ${words.slice(1).join(" ")}`))).to.throw("23 words");
  });
});

describe("a page whose dialog closed", () => {
  it("lets no pointer through for a moment", async () => {
    const body = { style: { pointerEvents: "" } };
    holdStill(body);
    expect(body.style.pointerEvents).to.equal("none");
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(body.style.pointerEvents).to.equal("");
  });
});
