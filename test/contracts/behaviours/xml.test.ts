import { expect } from "chai";

import { readXml } from "./xml.ts";

const NAMESPACE = "http://www.w3.org/2000/svg";
const read = (xml: string) => readXml(xml, "svg", NAMESPACE);
const svg = (content: string) => `<svg xmlns="${NAMESPACE}">${content}</svg>`;

describe("readXml", () => {
  it("reads what is well-formed, and answers with the root's attributes", () => {
    const wellFormed = [
      `<svg xmlns="${NAMESPACE}"/>`,
      `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a picture -->\n<svg xmlns='${NAMESPACE}' ></svg >\n`,
      `<s:svg xmlns:s="${NAMESPACE}"><s:g/></s:svg>`,
      svg("<g><path d='M0 0'/><text>a &lt; b &amp; &#65;&#x41; > c]]</text></g><g/>"),
      svg('<a xmlns:x="urn:x" x:href="1" href="it\'s"/>'),
      svg('<title xml:lang="en">A</title><!-- - -->'),
    ];
    for (const xml of wellFormed) expect(() => read(xml), xml).to.not.throw();
    expect(read(`<svg xmlns="${NAMESPACE}" viewBox="0 0 1 1"/>`).get("viewBox")).to.equal("0 0 1 1");
  });

  for (const [what, xml] of [
    ["nothing", ""],
    ["text", "svg"],
    ["text beside the root", `${svg("")}!`],
    ["two roots", svg("") + svg("")],
    ["a root that is not closed", `<svg xmlns="${NAMESPACE}">`],
    ["a root that was closed before", `${svg("")}</svg>`],
    ["tags that cross", svg("<g><a></g></a>")],
    ["a tag that is closed in another case", svg("<g></G>")],
    ["an attribute without quotes", svg("<g id=a/>")],
    ["an attribute without a value", svg("<g hidden/>")],
    ["an attribute twice", svg('<g id="a" id="b"/>')],
    ["attributes without a space between", svg('<g id="a"class="b"/>')],
    ["a quote that is not closed", svg('<g id="a/>')],
    ["< in an attribute", svg('<g id="<"/>')],
    ["< in text", svg("a < b")],
    ["a bare &", svg("a & b")],
    ["a reference that XML does not know", svg("&nbsp;")],
    ["]]> in text", svg("]]>")],
    ["a name that begins with a digit", svg("<1/>")],
    ["a space before a name", svg("< g/>")],
    ["a comment that is not closed", svg("<!-- ")],
    ["-- in a comment", svg("<!-- a -- b -->")],
    ["a control character", svg("\u0001")],
    ["a prefix without a namespace", svg('<g xlink:href="#a"/>')],
    ["another root", `<g xmlns="${NAMESPACE}"/>`],
    ["another namespace", '<svg xmlns="http://www.w3.org/1999/xhtml"/>'],
    ["no namespace", "<svg/>"],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => read(xml)).to.throw(SyntaxError);
    });
});
