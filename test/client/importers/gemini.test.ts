import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { plainText } from "../../../client/importers/html.ts";
import {
  allImporters,
  exchanges,
  gemini,
  openZip,
  recognise,
  type Extractor,
} from "../../../client/importers/index.ts";
import { rejection } from "../storage/helpers.ts";
import { BROKEN, itemsOf, memoriesIn, skippedIn, textsIn, WRONG } from "./reading.ts";
import { inMemory, source, zip } from "./zips.ts";

const PATH = "Takeout/My Activity/Gemini Apps/MyActivity.json";

const activity = (prompt: string, time: unknown, more: object = {}) => ({
  header: "Gemini Apps",
  title: `Prompted ${prompt}`,
  time,
  products: ["Gemini Apps"],
  safeHtmlItem: [{ html: "<p>An <b>answer</b> &amp; more</p><p>Second</p>" }],
  ...more,
});
const NINE = "2026-01-02T09:00:00.000Z";
const read = (...entries: unknown[]) => itemsOf(gemini(), [source(PATH, JSON.stringify(entries))]);

describe("gemini", () => {
  it("is recognised by content, in Takeout's folders, in its zip, and by itself", async () => {
    const content = JSON.stringify([activity("I moved to Utrecht", NINE)]);
    const archive = await openZip(
      inMemory(zip({ name: "Takeout/archive_browser.html", content: "<html>" }, { name: PATH, content })),
    );
    for (const files of [archive, [source("x.json", content)]]) {
      expect((await recognise(allImporters(), files))!.name).to.equal("gemini");
      expect(textsIn(await itemsOf(gemini(), files))).to.deep.equal(["I moved to Utrecht"]);
    }
    const other = JSON.stringify([{ header: "Search", title: "Prompted by Gemini", products: ["Search"] }]);
    expect(await gemini().detect([source(PATH, other)])).to.equal(false);
    expect(await gemini().detect([source("a.txt", content)])).to.equal(false);
  });

  it("keeps the time of a prompt, and calls its conversation by the first one's", async () => {
    const items = await read(
      activity("And a train back on Sunday", "2026-01-02T09:20:00.000Z"),
      activity("Find me a train to Utrecht", NINE),
    );
    expect(memoriesIn(items)).to.deep.equal([
      {
        scope: "travel",
        type: "episodic",
        text: "Find me a train to Utrecht",
        createdAt: Date.UTC(2026, 0, 2, 9),
        source: { tool: "gemini", agent: null, thread: NINE, url: null },
        tags: ["statement"],
        metadata: {},
      },
      {
        scope: "private",
        type: "episodic",
        text: "And a train back on Sunday",
        createdAt: Date.UTC(2026, 0, 2, 9, 20),
        source: { tool: "gemini", agent: null, thread: NINE, url: null },
        tags: ["statement"],
        metadata: {},
      },
    ]);
    expect(items.map(({ place }) => place)).to.deep.equal([`${PATH}[1]`, `${PATH}[0]`]);
  });

  it("begins another conversation after half an hour, whichever way the file runs", async () => {
    const times = ["2026-01-02T10:00:00.001Z", "2026-01-02T09:30:00Z", NINE];
    const entries = times.map((time, n) => activity(`Prompt with number ${n}`, time));
    for (const file of [entries, [...entries].reverse()]) {
      const threads = Object.fromEntries(
        memoriesIn(await read(...file)).map(({ text, source: { thread } }) => [text.slice(-1), thread]),
      );
      expect(threads).to.deep.equal({ 0: "2026-01-02T10:00:00.001Z", 1: NINE, 2: NINE });
    }
  });

  it("gives the same prompt the same key at the next export, and at another time another", async () => {
    const newer = activity("Where do I live now", "2026-03-01T09:00:00Z");
    const items = await read(
      newer,
      activity("Where do I live now", NINE),
      activity("Where do I live now", NINE),
    );
    expect(items.map(({ kind }) => kind)).to.deep.equal(["memory", "memory", "duplicate"]);
  });

  it("hands prompts and answers without HTML to an extractor", async () => {
    const entry = activity("How tall is it", NINE);
    const files = [source(PATH, JSON.stringify([entry]))];
    expect(textsIn(await itemsOf(gemini(exchanges), files))).to.deep.equal([
      "How tall is it\n\nAn answer & more\nSecond",
    ]);
    const odd: Extractor = () => [{ turn: "nowhere", why: "just so" }];
    expect(skippedIn(await itemsOf(gemini(odd), files))).to.deep.equal([`${PATH}[?]: just so`]);
  });

  it("reads requests and responses from details, in any language", async () => {
    const details = [
      { name: "Request", value: "Ich wohne in Utrecht" },
      { name: "Response", value: "Gut." },
    ];
    const entry = { ...activity("", NINE), header: "Gemini-Apps", title: "Eingegeben", details };
    const files = [source(PATH, JSON.stringify([entry]))];
    expect(textsIn(await itemsOf(gemini(exchanges), files))).to.deep.equal(["Ich wohne in Utrecht\n\nGut."]);
  });

  it("reports what is no prompt, with its place", async () => {
    const items = await read(
      activity("", NINE),
      { ...activity("", NINE), title: "Used an extension" },
      { ...activity("x", NINE), header: "Search", products: ["Search"] },
      null,
      5,
      [],
      activity("Thanks", NINE),
      activity("I am still here", NINE),
    );
    expect(textsIn(items)).to.deep.equal(["I am still here"]);
    expect(skippedIn(items)).to.deep.equal([
      `${PATH}[0]: a prompt without text`,
      `${PATH}[1]: its title does not begin with "Prompted", so it is no prompt`,
      ...[2, 3, 4, 5].map((n) => `${PATH}[${n}]: an activity of another product`),
      `${PATH}[6]: too short to mean anything on its own`,
    ]);
  });

  describe("given hostile entries", () => {
    it("survives every field of a wrong kind, and times that no date has", async () => {
      for (const wrong of WRONG) {
        for (const key of [...Object.keys(activity("", NINE)), "details"])
          await read(activity("I am still here", NINE), activity("And me as well", NINE, { [key]: wrong }));
      }
      for (const time of [1e300, -1, "+275760-09-13T00:00:00.001Z", "soon", null]) {
        const items = await read(activity("When was that said", time));
        expect(memoriesIn(items)[0]).to.not.have.property("createdAt");
        expect(memoriesIn(items)[0]!.source.thread).to.equal(null);
      }
    });

    it("skips a text that is too long, and cleans control characters out of others", async () => {
      const items = await read(
        activity("x ".repeat(20_000), NINE),
        activity("A \u0007bell\u0000 rings", NINE),
      );
      expect(textsIn(items)).to.deep.equal(["A bell rings"]);
      expect(skippedIn(items)[0]).to.contain("32768");
    });

    it("takes __proto__ for a name like any other", async () => {
      const json = JSON.stringify(activity("I am still here", NINE)).replace(
        '"time"',
        '"__proto__":{"details":[{"name":"Request","value":"polluted"}]},"time"',
      );
      expect(textsIn(await itemsOf(gemini(), [source(PATH, `[${json}]`)]))).to.deep.equal([
        "I am still here",
      ]);
      expect({}).to.not.have.property("details");
    });

    it("holds a thousand prompts of one moment at most", async () => {
      const entries = Array.from({ length: 2_500 }, (_, n) => activity(`Prompt with number ${n}`, NINE));
      const sizes: number[] = [];
      const counting: Extractor = ({ turns }) => {
        sizes.push(turns.length);
        return [];
      };
      await itemsOf(gemini(counting), [source(PATH, JSON.stringify(entries))]);
      expect(sizes).to.deep.equal([2_000, 2_000, 1_000]);
    });
  });

  describe("given a file that is no export", () => {
    for (const [name, broken] of Object.entries(BROKEN)) {
      it(`refuses ${name}`, async () => {
        const whole = JSON.stringify([activity("Half of me is missing", NINE)]);
        await rejection(itemsOf(gemini(), [source(PATH, broken(whole))]), MalformedExport);
      });
    }

    it("says what to do where Takeout wrote HTML", async () => {
      const page = source(PATH.replace("json", "html"), "<html>");
      expect((await recognise(allImporters(), [page]))!.name).to.equal("gemini");
      const error = await rejection(itemsOf(gemini(), [page]), MalformedExport);
      expect(error.why).to.contain("choose JSON");
      const both = [page, source(PATH, JSON.stringify([activity("I am still here", NINE)]))];
      expect(textsIn(await itemsOf(gemini(), both))).to.deep.equal(["I am still here"]);
    });
  });
});

describe("plainText", () => {
  it("keeps words, characters and the ends of blocks", () => {
    expect(
      plainText("<h1>A</h1>b<br/>c &lt;i&gt; &#39;d&#x27; &nbsp;&unknown; &#0; &#x110000;<img src=x>"),
    ).to.equal("A\nb\nc <i> 'd'  &unknown; &#0; &#x110000;");
    expect(plainText("2 < 3")).to.equal("2 < 3");
    expect(plainText("<scr<script>ipt>x")).to.equal("ipt>x");
  });

  it("takes time that grows with the length alone", () => {
    const started = performance.now();
    for (const mark of ["<", ">", "<a", "&", "&#", "&amp", "</p", "\n"]) plainText(mark.repeat(500_000));
    expect(performance.now() - started).to.be.below(2_000);
  });
});
