import { glob, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

import { expect } from "chai";

import { PAGE_POLICY } from "../../../apps/web/policy.ts";
import { builtFiles, type BuiltFile } from "../../../scripts/web/build.ts";

/** Most bytes, after gzip, that the browser loads before the first screen can be used. */
const FIRST_LIMIT = 250_000;

/** Addresses that are names, or stand in messages: nothing is fetched from them. */
const NAMES = [
  // Where a memory came from, and what an export is written by.
  /^https:\/\/(chatgpt\.com\/c|claude\.ai\/chat)\/\$\{\w+\}$/,
  /^https:\/\/portable-ai-memory\.org\/spec\/v1\.0$/,
  /^http:\/\/www\.w3\.org\/(1998\/Math\/MathML|1999\/(xhtml|xlink)|2000\/(svg|xmlns\/?)|XML\/1998\/namespace)$/,
  // Where React's errors are explained: part of their text.
  /^https:\/\/react\.dev\/errors\/$/,
  // ethers': where it would ask for avatars of names, which nothing here does, and for the fees of chains that it knows: it knows none
  // (see below).
  /^https:\/\/gateway\.ipfs\.io\/ipfs\/$/,
  /^https:\/\/gasstation(-testnet)?\.polygon\.technology\/v2$/,
];

const textOf = ({ content }: BuiltFile): string =>
  typeof content === "string" ? content : new TextDecoder().decode(content);

describe("the built web app", () => {
  let files: BuiltFile[];
  let code: BuiltFile[];

  before(async function () {
    this.timeout(60_000);
    files = await builtFiles();
    code = files.filter(({ name }) => name.endsWith(".js"));
  });

  it(`takes at most ${String(FIRST_LIMIT / 1_000)} kB before the first screen can be used`, () => {
    const sizes = files
      .filter(({ first }) => first)
      .map((file) => ({ name: file.name, gzipped: gzipSync(file.content, { level: 9 }).length }));
    const whole = sizes.reduce((sum, { gzipped }) => sum + gzipped, 0);
    for (const { name, gzipped } of sizes) console.log(`      ${name}: ${String(gzipped)} bytes after gzip`);
    console.log(`      the first screen: ${String(whole)} bytes after gzip, of ${String(FIRST_LIMIT)}`);
    expect(sizes.map(({ name }) => name)).to.include("index.html");
    expect(sizes.some(({ name }) => name.endsWith(".css"))).to.equal(true);
    expect(whole).to.be.within(50_000, FIRST_LIMIT);
  });

  it("loads a page's code when the page is opened", () => {
    const first = files.filter((file) => file.first).flatMap(({ modules }) => modules);
    for (const page of ["memories", "access", "others", "health", "settings"])
      expect(first.filter((name) => name.includes(`/src/pages/${page}/`))).to.deep.equal([]);
    expect(files.length).to.be.above(6);
  });

  it("calls errors by the names of their classes", () => {
    for (const name of ["BlobMissing", "StoreReadOnly", "TransactionDeclined"])
      expect(code.some((file) => textOf(file).includes(`static name=\`${name}\``))).to.equal(true, name);
  });

  it("has its policy first in the page, and no script or style in it", () => {
    const page = textOf(files.find(({ name }) => name === "index.html")!);
    const policy = PAGE_POLICY.replaceAll("'", "&#39;");
    expect(page).to.match(/<head>\s*<meta http-equiv="Content-Security-Policy"/);
    expect(page).to.contain(`content="${policy}"`);
    expect(page).not.to.match(/<script(?![^>]* src=)|<style|\son[a-z]+=|javascript:/i);
  });

  it("gives its texts to no browser's translation or spelling help", () => {
    const page = textOf(files.find(({ name }) => name === "index.html")!);
    expect(page).to.match(/<html [^>]*translate="no" spellcheck="false">/);
  });

  it("works under any path: no address in it begins at a root", () => {
    const page = textOf(files.find(({ name }) => name === "index.html")!);
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
    expect(addresses).to.have.length.above(2);
    for (const address of addresses) expect(address).to.match(/^\.\//);
    for (const file of code) expect(textOf(file), file.name).not.to.match(/["'`]\/assets\//);
  });

  it("has the hash of what is in them in the names of its files", () => {
    for (const { name } of [...code, ...files.filter((file) => file.name.endsWith(".css"))])
      expect(name).to.match(/^assets\/.+-[\w-]{8}\.(js|css)$/);
  });

  it("fetches nothing of another host", () => {
    const strange = files.flatMap((file) =>
      [...textOf(file).matchAll(/(?:https?|wss?):\/\/(?!127\.0\.0\.1)[a-z0-9-]+\.[^"'`\s)\\,;<>]*/gi)]
        .map(([address]) => address)
        .filter((address) => !NAMES.some((name) => name.test(address)))
        .map((address) => `${file.name}: ${address}`),
    );
    expect(strange).to.deep.equal([]);
  });

  it("has ethers ask nobody of its own: it is told no chain that it knows, and no name", async () => {
    for await (const name of glob("apps/web/src/**/*.{ts,tsx}")) {
      const source = await readFile(name, "utf8");
      expect(source, name).not.to.match(
        /Network\.from\(|getAvatar|resolveName|lookupAddress|getDefaultProvider/,
      );
    }
  });

  it("leaves out what the first screen has no use for: JSON wallets, the 24 words' list, QR codes", () => {
    const first = files.filter((file) => file.first).flatMap(({ modules }) => modules);
    for (const part of ["/aes-js/", "/json-keystore", "/lang-en", "/bip39/wordlists/", "/node_modules/qr/"])
      expect(first.filter((name) => name.includes(part))).to.deep.equal([]);
  });

  it("makes no code of text", () => {
    for (const file of code) {
      expect(textOf(file), file.name).not.to.match(
        /\bnew Function\b|(?<![.\w$])eval\(|(?<![.\w$])Function\(/,
      );
      expect(textOf(file), file.name).not.to.match(/dangerouslySetInnerHTML:/);
    }
  });

  it("has nothing of the command line, and nothing that needs Node", () => {
    const modules = code.flatMap((file) => file.modules);
    expect(modules.some((name) => name.includes("/client/index.ts"))).to.equal(true);
    const strange = modules.filter((name) =>
      /\/apps\/(cli|mcp|agent)\/|\/scripts\/|\/test\/|browser-external|\/client\/node\.ts/.test(name),
    );
    expect(strange).to.deep.equal([]);
    for (const file of code) expect(textOf(file), file.name).not.to.match(/["'`]node:[a-z]+/);
  });
});
