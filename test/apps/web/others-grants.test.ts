import { expect } from "chai";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";

import { withoutStyles } from "../../helpers/styles.ts";

withoutStyles();
const { GrantsCard } = await import("../../../apps/web/src/pages/others/grants-card.tsx");

describe("the listed grants that others see", () => {
  const page = (whole: boolean): string =>
    renderToStaticMarkup(createElement(GrantsCard, { grants: [], whole }));

  it("are none only where the node showed the vault's whole past", () => {
    expect(page(true)).to.contain("None: an outsider knows of nobody");
    expect(page(false)).to.contain("None in what was looked at.").and.not.contain("nobody");
  });
});
