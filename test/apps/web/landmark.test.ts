import { expect } from "chai";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";

import { FrameContext, Page } from "../../../apps/web/src/ui/page.tsx";

const page = createElement(Page, { title: "Unlock", children: "Here" });

describe("a page of the web app", () => {
  it("is the landmark where no frame stands around it, and only there", () => {
    expect(renderToStaticMarkup(page)).to.match(/^<main class="page">/);
    const framed = createElement(FrameContext, { value: true }, page);
    expect(renderToStaticMarkup(framed)).to.match(/^<div class="page">/);
  });
});
