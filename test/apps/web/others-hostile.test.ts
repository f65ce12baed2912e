import { expect } from "chai";
import { hexlify, toUtf8Bytes } from "ethers";

import { saidIn } from "../../../apps/web/src/pages/others/outsider/said.ts";
import { grantsIn } from "../../../apps/web/src/pages/others/outsider/grants.ts";
import type { SeenEvent } from "../../../apps/web/src/pages/others/outsider/seen.ts";
import { tokenIn } from "../../../apps/web/src/pages/others/outsider/token.ts";

const json = (value: unknown): string =>
  `data:application/json;base64,${Buffer.from(JSON.stringify(value)).toString("base64")}`;
const SVG = `data:image/svg+xml;base64,${Buffer.from("<svg/>").toString("base64")}`;
const TOKEN = { name: "Memory Vault 0x00", description: "One", image: SVG };

const event = (name: string, args: Record<string, string>, block: number): SeenEvent => ({
  ...{ of: name === "Answered" || name === "Requested" ? "agent" : "vault", address: "0xc" },
  ...{ name, args, block, index: 0, hash: `0x${block}` },
});

describe("a token's picture, whoever wrote it", () => {
  it("is an SVG within its own address", () => {
    expect(tokenIn(json(TOKEN))).to.deep.equal(TOKEN);
  });

  it("is nothing that asks somebody, runs, or is no picture", () => {
    for (const image of [
      ...["https://example.org/a.svg", "javascript:alert(1)", "data:text/html;base64,PHA+", "ipfs://x", ""],
      ...[
        "data:image/svg+xml,<svg/>",
        `${SVG}" onload="x`,
        `${SVG}#x`,
        ` ${SVG}`,
        SVG.toUpperCase(),
        `${SVG}\n`,
      ],
      ...[7, null, undefined, [SVG]],
    ])
      expect(tokenIn(json({ ...TOKEN, image })), String(image)).to.equal(null);
  });

  it("is none where the metadata is none", () => {
    for (const uri of [
      "",
      "https://example.org/1.json",
      "data:application/json;base64,!!",
      json(null),
      json([]),
      json({ image: SVG }),
    ])
      expect(tokenIn(uri), uri).to.equal(null);
    expect(tokenIn(`data:application/json;base64,${Buffer.from([0xff, 0xfe]).toString("base64")}`)).to.equal(
      null,
    );
  });
});

describe("what agents log in the open", () => {
  it("is text where it is text, cut where it is long, and a number of bytes where it is neither", () => {
    const data = (text: string) => ({ data: hexlify(toUtf8Bytes(text)), bytes: String(text.length) });
    const said = saidIn([
      event("Requested", { requester: "0xa", ...data("Where to?") }, 1),
      event("Answered", { sequence: "3", ...data("x".repeat(9_000)) }, 2),
      event("Answered", { sequence: "3", data: "0xfffe", bytes: "2" }, 3),
      event("Granted", data("not an agent's"), 4),
    ]);
    expect(said.map(({ kind, text, bytes }) => [kind, text?.length ?? null, bytes])).to.deep.equal([
      ["question", 9, 9],
      ["answer", 2_001, 9_000],
      ["answer", null, 2],
    ]);
    // The walk kept its beginning, which ends within a letter.
    const [cut] = saidIn([event("Answered", { data: "0x41c3", bytes: "9000" }, 1)]);
    expect(cut).to.include({ text: "A", bytes: 9_000 });
    const [broken] = saidIn([event("Answered", { data: "0x41c3", bytes: "2" }, 1)]);
    expect(broken).to.include({ text: null, bytes: 2 });
    expect(said[0]).to.include({ who: "0xa", head: null });
    expect(said[1]).to.include({ who: null, head: "3" });
  });
});

describe("listed grants by the log", () => {
  const granted = (grantee: string, block: number, expiresAt = 1_000): SeenEvent =>
    event(
      "Granted",
      { grantee, expiresAt: String(expiresAt), permissions: "3", welcome: `0x${"0".repeat(64)}` },
      block,
    );
  const revoked = (grantee: string, block: number): SeenEvent => event("Revoked", { grantee }, block);
  const ends = (events: readonly SeenEvent[], now = 50) =>
    grantsIn(events, ({ block }) => block, now).map(({ from, ended, endedBy, stands }) => [
      from,
      ended,
      endedBy,
      stands,
    ]);

  it("stand until something ends them: a revoke, another grant, an owner, or time", () => {
    expect(ends([granted("a", 1)])).to.deep.equal([[1, null, null, true]]);
    expect(ends([granted("a", 1), revoked("a", 9)])).to.deep.equal([[1, 9, "revoked", false]]);
    expect(ends([granted("a", 1), granted("a", 9)])).to.deep.equal([
      [1, 9, "replaced", false],
      [9, null, null, true],
    ]);
    expect(ends([granted("a", 1), granted("b", 2), event("Transfer", {}, 9)])).to.deep.equal([
      [1, 9, "new owner", false],
      [2, 9, "new owner", false],
    ]);
    expect(ends([granted("a", 1, 50)])).to.deep.equal([[1, null, null, false]]);
  });

  it("were not ended by what came after their time, or was about another", () => {
    expect(ends([granted("a", 1, 5), revoked("a", 9)])).to.deep.equal([[1, null, null, false]]);
    expect(ends([granted("a", 1), revoked("b", 9)])).to.deep.equal([[1, null, null, true]]);
    expect(ends([revoked("a", 1)])).to.deep.equal([]);
  });

  it("ended by what ended them, where nobody looked up when", () => {
    const [grant] = grantsIn([granted("a", 1), revoked("a", 9)], () => null, 50);
    expect(grant).to.include({ from: null, ended: null, endedBy: "revoked", endedIn: 9, stands: false });
  });
});
