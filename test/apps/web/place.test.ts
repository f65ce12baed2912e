import { expect } from "chai";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";

import { withoutStyles } from "../../helpers/styles.ts";

withoutStyles();
const { Place } = await import("../../../apps/web/src/place.tsx");

/** What stands at an address: the app, or what is shown in its place. */
function shown(address: string, framed = false): string {
  const location = new URL(address) as unknown as Location;
  const self = { location } as unknown as Window & typeof globalThis;
  const top = framed ? ({} as Window) : self;
  return renderToStaticMarkup(createElement(Place, { window: { self, top, location }, children: "the app" }));
}

describe("the web app's place", () => {
  it("is no frame of another page: it says so, and how to open it", () => {
    const page = shown("https://vault.example/#/access", true);
    expect(page).not.to.contain("the app");
    expect(page).to.contain("Page framed").and.contain("a tab of its own");
    expect(page).to.contain('href="https://vault.example/#/access" target="_blank"');
  });

  it("is no name that others share, before somebody was told", () => {
    for (const path of ["/ipfs/bafyx/", "/ipns/vault.example/index.html"]) {
      const page = shown(`https://gateway.example${path}`);
      expect(page).not.to.contain("the app");
      expect(page).to.contain("gateway.example shows pages of anybody");
    }
  });

  it("is a tab, at a name of its own", () => {
    for (const address of [
      ...["https://vault.example/", "http://localhost:4173/#/ipfs/", "https://bafyx.ipfs.gateway.example/"],
      ...["https://vault.example/a/ipfs/x", "https://vault.example/ipfs"],
    ])
      expect(shown(address)).to.equal("the app");
  });
});
