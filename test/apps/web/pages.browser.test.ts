import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import type { Page } from "playwright-core";

import { memoryJournalStore, mintVault, remember, sync } from "../../../client/index.ts";
import { ipfsStore } from "../../../client/stores.ts";
import { seedToWords } from "../../../client/words.ts";
import { serveApp } from "../../../scripts/web/serve.ts";
import { axe, builtApp, LAPTOP, noSideways, PHONE, webWorld } from "../../helpers/web.ts";
import { goTo, lockBrowser, openSample, press, search, settled, title } from "../../helpers/web-steps.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const PAGES = ["Memories", "Access", "What others see", "Health", "Settings"];

long("the pages of the web app", function () {
  this.timeout(300_000);
  const web = webWorld({ sample: true });

  for (const [screen, viewport] of Object.entries({ phone: PHONE, laptop: LAPTOP }))
    it(`keep nobody out and fit, in light and dark, on a ${screen}`, async () => {
      const { page } = await web.newPage({ viewport });
      await openSample(web, page);
      for (const name of PAGES) {
        await goTo(page, name);
        await calm(page);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          await web.screenshot(
            page,
            `${name.toLowerCase().replaceAll(" ", "-")}-${screen}-${colorScheme}`,
            true,
          );
          await axe(page);
          await noSideways(page);
        }
      }
    });

  it("are reached and left by keyboard alone, and say where one is", async () => {
    const { page } = await web.newPage();
    await openSample(web, page);
    for (const name of PAGES.slice(1)) {
      const link = page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true });
      await link.focus();
      await page.keyboard.press("Enter");
      await title(page, name);
      expect(await page.title()).to.equal(`${name} · Memory Vault`);
      expect(await page.evaluate(() => document.activeElement?.tagName)).to.equal("H1");
      expect(await link.getAttribute("aria-current")).to.equal("page");
    }
  });

  it("work below any path, as behind a gateway of IPFS", async () => {
    const folder = await builtApp();
    const server = await serveApp(`${folder}/..`, []);
    // This host names no network, which is no fault.
    web.expect(/404 .*\/network\.json/);
    try {
      const { page } = await web.newPage();
      await page.goto(`${server.url}/${folder.split("/").at(-1)!}/#/settings`);
      await title(page, "Memory Vault");
      await page.getByRole("button", { name: "Create a vault", exact: true }).waitFor();
      await press(page, "Create a vault");
      // From a chunk of its own.
      await title(page, "Which network?");
      await press(page, "Check and save");
      expect(await page.getByText("This is needed.").count()).to.equal(6);
    } finally {
      await server.close();
    }
  });
});

/** Waits until nothing on the page says that it is still being read. */
async function calm(page: Page): Promise<void> {
  await settled(page);
  await page
    .getByText(/^(Loading|Reading|Looking|Asking)[^.]*…$/)
    .first()
    .waitFor({ state: "detached" });
  await page.waitForTimeout(300);
}

const MANY = 10_000;

long("ten thousand memories in the web app", function () {
  this.timeout(300_000);
  const web = webWorld();

  it("are opened, scrolled and searched, and the page answers", async () => {
    const { chain, deployment, blobs, accounts } = web.world;
    const seed = randomBytes(32);
    const { vault } = await mintVault({
      ...{ provider: chain.provider, wallet: await chain.provider.getSigner(1), seed },
      ...{ store: ipfsStore({ api: blobs.url }), address: deployment.memoryVault },
      ...{ journalStore: memoryJournalStore(), journalKey: randomBytes(32) },
    });
    await remember(
      vault,
      ...Array.from({ length: MANY }, (_, i) => ({
        scope: `scope ${String(i % 10)}`,
        text: `Memory ${String(i)}: the ${["red", "green", "blue"][i % 3]!} door opens at ${String(i % 24)} o'clock`,
        tags: [`tag${String(i % 50)}`],
      })),
    );
    await sync(vault);

    const { page } = await web.newPage();
    await press(page, "Recover with the 24 words");
    await page.getByLabel("The 24 words").fill(seedToWords(seed));
    await page.getByLabel("The first owner's address").fill(accounts[0]);
    await press(page, "Go on");
    const begun = Date.now();
    await lockBrowser(page);
    await page.getByText("10,000 of 10,000 memories").first().waitFor({ timeout: 60_000 });
    console.log(`      recovered, proven and shown after ${String(Date.now() - begun)} ms`);

    const scrolled = await scrollThrough(page);
    console.log(
      `      scrolled ${String(scrolled.steps)} times: a frame took ${String(scrolled.median)} ms in the middle, ` +
        `${String(scrolled.slowest)} ms at worst; ${String(scrolled.long)} tasks were longer than 50 ms, ${String(scrolled.longest)} ms the longest`,
    );
    expect(scrolled.elements).to.be.below(1_500);
    expect(scrolled.moved).to.be.above(10_000);

    const asked = Date.now();
    await search(page, "Memory 7777", /^[\d,]+ of 10,000 memories$/);
    await page.getByText("Memory 7777:").first().waitFor();
    console.log(`      found one after ${String(Date.now() - asked)} ms`);
    expect(await page.evaluate(() => document.querySelectorAll("*").length)).to.be.below(1_500);
    expect(Date.now() - asked).to.be.below(10_000);
  });
});

/** Scrolls through the list, frame by frame, and measures. Runs in the page. */
const scrollThrough = (page: Page) =>
  page.evaluate(async () => {
    const tasks: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(Math.round(duration));
    });
    observer.observe({ entryTypes: ["longtask"] });
    const scrollable = [...document.querySelectorAll<HTMLElement>("*")]
      .filter(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight + 1_000)
      .sort((one, other) => other.scrollHeight - one.scrollHeight)[0]!;
    const frames: number[] = [];
    let elements = 0;
    const frame = async (by: number): Promise<number> => {
      const before = performance.now();
      scrollable.scrollTop += by;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      elements = Math.max(elements, document.querySelectorAll("*").length);
      return Math.round(performance.now() - before);
    };
    // As by a wheel, then in leaps to the end.
    const steps = 240;
    for (let step = 0; step < steps; step++) frames.push(await frame(60));
    for (let leap = 0; leap < 40; leap++) await frame(scrollable.scrollHeight / 40);
    observer.disconnect();
    frames.sort((one, other) => one - other);
    return {
      ...{ steps, elements, moved: scrollable.scrollTop },
      median: frames[steps / 2]!,
      slowest: frames.at(-1)!,
      long: tasks.length,
      longest: Math.max(0, ...tasks),
    };
  });
