import { expect } from "chai";

import { pieces, stretches } from "../../../apps/web/src/ui/pieces.ts";

const codes = (text: string): (string | null)[] => pieces(text).map(({ code }) => code);

describe("the web app, somebody else's text", () => {
  it("should name what turns the direction of a text, and what nobody sees", () => {
    expect(pieces("pay \u202eeur\u202c now")).to.deep.equal([
      { text: "pay ", code: null },
      { text: "\u202e", code: "U+202E" },
      { text: "eur", code: null },
      { text: "\u202c", code: "U+202C" },
      { text: " now", code: null },
    ]);
    for (const each of [
      "\u0000",
      "\u001b",
      "\u200b",
      "\u2066",
      "\u2028",
      "\ufeff",
      "\u00ad",
      "\u{e0041}",
      "\ud800",
    ])
      expect(codes(`a${each}b`), each).to.deep.equal([
        null,
        `U+${each.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`,
        null,
      ]);
  });

  it("should name a joiner between Latin letters", () => {
    expect(codes("pay\u200dpal")).to.deep.equal([null, "U+200D", null]);
  });

  it("should leave letters of all scripts, emoji, line breaks and tabs", () => {
    for (const each of ["שלום\nעולם", "می\u200cخواهم", "क्\u200dष", "👩‍👩‍👧 ❤️ 🏳️‍🌈", "a\tb\nc", "e\u0301"])
      expect(codes(each), each).to.deep.equal([null]);
  });

  it("should know one form of a line break", () => {
    expect(pieces("a\r\nb\rc")).to.deep.equal([{ text: "a\nb\nc", code: null }]);
  });

  it("should cut a text where it is marked", () => {
    expect(stretches("window seats", [[0, 6]])).to.deep.equal([
      { text: "window", marked: true },
      { text: " seats", marked: false },
    ]);
    expect(stretches("", [])).to.deep.equal([{ text: "", marked: false }]);
  });
});
