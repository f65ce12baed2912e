import { expect } from "chai";

import { hidden, quoted, written } from "../../apps/cli/terminal.ts";

describe("Somebody else's text on a terminal", () => {
  const tags = (text: string): string =>
    Array.from(text, (letter) => String.fromCodePoint(0xe0000 + letter.codePointAt(0)!)).join("");

  it("writes out every character that a terminal obeys or nobody sees", () => {
    const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (!unseen.test(character)) continue;
      expect(written(`a${character}b`)).to.equal(`a\\u{${code.toString(16)}}b`);
    }
  });

  it("keeps the letters of all scripts, and emoji", () => {
    const seen = "Zürich, שלום, سلام, नमस्ते, 東京, ❤️ 👩‍💻 1️⃣ 🇨🇭 👍🏽";
    expect([quoted(seen), hidden(seen)]).to.deep.equal([`"${seen}"`, ""]);
    expect(quoted("نیم\u200cفاصله")).to.equal(String.raw`"نیم\u{200c}فاصله"`);
    expect(quoted("東京\u3000駅")).to.equal(String.raw`"東京\u{3000}駅"`);
  });

  it("shows what is hidden behind an emoji, a letter or a half of one", () => {
    expect(quoted("👍\ufe0f\ufe01")).to.equal(String.raw`"👍\u{fe0f}\u{fe01}"`);
    expect(quoted("🏴" + tags("hi"))).to.equal(String.raw`"🏴\u{e0068}\u{e0069}"`);
    expect(quoted("\ud83d x \u3164\u2800")).to.equal(String.raw`"\u{d83d} x \u{3164}\u{2800}"`);
  });

  it("stays in its quotes, and says no escape that it did not make", () => {
    expect(quoted(String.raw`" \u{200b}`)).to.equal(String.raw`"\" \\u{200b}"`);
    expect(quoted("abcdef", 4)).to.equal('"abc…"');
  });

  it("counts what cannot be seen, and no blank or break", () => {
    expect(hidden("window seat\n\t\u3000", "aisle\u00a0seat")).to.equal("");
    expect(hidden("a\u200b")).to.equal("holds 1 character that cannot be seen");
    expect(hidden("a" + tags("all"), "\u2028")).to.equal("holds 4 characters that cannot be seen");
  });
});
