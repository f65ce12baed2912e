import { expect } from "chai";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";

import { StoreUnavailable } from "../../../client/index.ts";
import { withoutStyles } from "../../helpers/styles.ts";

withoutStyles();
const { EventsCard } = await import("../../../apps/web/src/pages/others/events-card.tsx");
const { ShelvesCard } = await import("../../../apps/web/src/pages/others/shelves-card.tsx");
const { FaultNotice } = await import("../../../apps/web/src/ui/notice.tsx");

const NO_MORE = { transactions: [], leftOut: [], whole: true };
const TURNED = "cod\u202egpj.exe\u0007";

/** Turning characters stand nowhere, their codes do. */
function isPlain(page: string): void {
  expect(page).not.to.match(/[\u0007\u202e]/);
  expect(page).to.contain("U+202E").and.contain("U+0007");
}

describe("others' text in other words", () => {
  it("turns nothing round in what a fault says", () => {
    isPlain(
      renderToStaticMarkup(createElement(FaultNotice, { fault: new StoreUnavailable(TURNED, TURNED) })),
    );
    isPlain(renderToStaticMarkup(createElement(FaultNotice, { fault: new Error(TURNED) })));
  });

  it("turns nothing round in what stores are called and say", () => {
    const shelf = { store: TURNED, blobs: null, whole: true, fault: null };
    isPlain(renderToStaticMarkup(createElement(ShelvesCard, { shelves: [shelf], named: [] })));
    const silent = { store: "a", blobs: null, whole: true, fault: TURNED };
    isPlain(renderToStaticMarkup(createElement(ShelvesCard, { shelves: [silent], named: [] })));
    const full = { store: TURNED, blobs: [], whole: true, fault: null };
    isPlain(renderToStaticMarkup(createElement(ShelvesCard, { shelves: [full], named: [] })));
    const named = {
      ...{ digest: "0".repeat(64), what: "welcome" as const, size: null, age: false },
      fault: TURNED,
    };
    isPlain(renderToStaticMarkup(createElement(ShelvesCard, { shelves: [], named: [named] })));
  });

  it("turns nothing round in what an event says", () => {
    const event = {
      ...{ of: "agent" as const, address: "0xc", name: "Requested", args: { note: TURNED } },
      ...{ block: 1, index: 0, hash: "0x1" },
    };
    isPlain(renderToStaticMarkup(createElement(EventsCard, { events: [event], ...NO_MORE })));
  });
});
