import { readFile } from "node:fs/promises";

import { expect } from "chai";
import type { Locator, Page } from "playwright-core";

import {
  forget,
  memoryJournalStore,
  read,
  recoverVault,
  remember,
  sync,
  type Vault,
} from "../../../client/index.ts";
import { ipfsStore } from "../../../client/stores.ts";
import { wordsToSeed } from "../../../client/words.ts";
import {
  add,
  dropFiles,
  goTo,
  openSample,
  press,
  search,
  send,
  settled,
  unlock,
} from "../../helpers/web-steps.ts";
import { axe, noSideways, PHONE, webWorld, type Web } from "../../helpers/web.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

/** The owner's other device, which is not a browser. */
async function otherDevice({ world: { chain, deployment, blobs, sample } }: Web): Promise<Vault> {
  return recoverVault({
    ...{ provider: chain.provider, wallet: await chain.provider.getSigner(1) },
    ...{ store: ipfsStore({ api: blobs.url }), journalStore: memoryJournalStore() },
    ...{ journalKey: crypto.getRandomValues(new Uint8Array(32)), address: deployment.memoryVault },
    ...{ seed: wordsToSeed(sample!.words), owner: sample!.owner },
  });
}

const rows = (page: Page): Locator => page.locator("[role=option]");
const row = (page: Page, text: string): Locator => rows(page).filter({ hasText: text }).first();
const dialog = (page: Page): Locator => page.getByRole("dialog");
const count = (page: Page): Promise<string> => page.locator(".browse-count").innerText();
const isGone = (found: Locator): Promise<void> => found.waitFor({ state: "detached" });

/** Has the page wait for every lock until it is let go on: what it writes takes that long. */
const holdLocks = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { locks } = navigator;
    const request = locks.request.bind(locks) as (...asked: unknown[]) => Promise<unknown>;
    const until = new Promise<void>((go) => addEventListener("go", () => go(), { once: true }));
    Object.assign(locks, { request: (...asked: unknown[]) => until.then(() => request(...asked)) });
  });
const letLocksGo = (page: Page): Promise<boolean> => page.evaluate(() => dispatchEvent(new Event("go")));

/** Opens the sample vault, with a wallet that pays. */
async function openToWrite(web: Web, page: Page): Promise<void> {
  await openSample(web, page);
  await goTo(page, "Settings");
  await press(page, /^Connect /);
  await page.getByRole("button", { name: "Disconnect the wallet" }).waitFor();
  await goTo(page, "Memories");
}

/** Commits what a person wrote; what a recovered device has to say for itself may go on waiting. */
async function commit(page: Page): Promise<void> {
  await press(page, "Commit");
  await send(page);
  await isGone(page.getByText(/^\d+ changes? waits?$/));
}

long("the page of memories in a browser", function () {
  this.timeout(180_000);

  describe("of a life", () => {
    const web = webWorld({ sample: true });

    it("narrows as one types, marks what it found, and says how many there are", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      const all = /(\d+) of \1 memories/.exec(await count(page))!;
      await search(page, "night", new RegExp(`^\\d+ of ${all[1]!} memories$`));
      await page.waitForFunction(
        (before) => document.querySelector(".browse-count")?.textContent !== before,
        all[0],
      );
      const first = Number.parseInt(await count(page), 10);
      await page.getByRole("searchbox").fill("night tr");
      await row(page, "Prefers a window seat and night trains").waitFor();
      await page.waitForFunction(
        (before) => Number.parseInt(document.querySelector(".browse-count")?.textContent ?? "", 10) < before,
        first,
      );
      expect(await row(page, "Prefers a window").locator("mark").allTextContents()).to.deep.equal([
        "night",
        "tr",
      ]);
      await page
        .getByRole("status")
        .filter({ hasText: await count(page) })
        .waitFor();
      await press(page, /^interests/);
      expect(Number.parseInt(await count(page), 10)).to.be.lessThan(first);
      await axe(page);
      await web.screenshot(page, "memories-search");
      await page.getByRole("searchbox").fill("night tr zzzzz");
      await page.getByText("No memory has all of these words").waitFor();
    });

    it("edits, asks before it loses what was typed, withdraws, and forgets", async () => {
      const { page } = await web.newPage();
      await openToWrite(web, page);
      await search(page, "left-handed", /^1 of/);
      await row(page, "Is left-handed").click();
      await press(page, "Edit");
      await dialog(page).getByLabel("Text").fill("Writes with both hands");
      await page.keyboard.press("Escape");
      await page.getByText("What you typed is not saved.").waitFor();
      await press(page, "Go on editing");
      expect(await dialog(page).getByLabel("Text").inputValue()).to.equal("Writes with both hands");
      await press(page, "Save");
      await page.getByText("Waits to be committed: changed.").waitFor();
      await axe(page);
      await press(page, "Withdraw");
      await dialog(page).getByText("Is left-handed").waitFor();
      await press(page, "Reinforce");
      await page.getByText("Waits to be committed: reinforced.").waitFor();
      await press(page, "Forget…");
      await axe(page);
      await press(page, "Forget");
      await isGone(dialog(page));
      await page.getByText("1 memory leaves with the next commit.").click();
      await press(page, "Keep it");
      await row(page, "Is left-handed").waitFor();
      await row(page, "Is left-handed").click();
      await press(page, "Forget…");
      await press(page, "Forget");
      await isGone(dialog(page));
      await page
        .getByText("No memory has all of these words")
        .or(page.getByText("No memory is like that"))
        .waitFor();
      await commit(page);
      await isGone(page.getByText("leaves with the next commit"));
    });

    it("shows versions side by side, and keeps the one that is chosen, by mouse alone", async () => {
      const { page } = await web.newPage();
      await openToWrite(web, page);
      await press(page, /^In conflict/);
      expect(await rows(page).count()).to.equal(2);
      await rows(page).first().click();
      const versions = dialog(page).locator(".conflict-version");
      expect(await versions.count()).to.equal(2);
      expect(await versions.locator("mark").count()).to.be.greaterThan(1);
      const keep = page.getByRole("button", { name: "Keep what is chosen" });
      expect(await keep.isDisabled()).to.equal(true);
      await axe(page);
      await web.screenshot(page, "memories-conflict");
      await versions.nth(1).getByRole("radio").click();
      const text = await versions.nth(1).locator(".conflict-text").innerText();
      await page.getByText("Version 2 stays; 1 other will be forgotten.").waitFor();
      await keep.click();
      await isGone(dialog(page));
      await commit(page);
      await isGone(page.getByRole("button", { name: /^In conflict [1-9]/ }));
      const { scopes } = await read(await otherDevice(web));
      const left = scopes
        .flatMap(({ memories }) => memories)
        .filter((each) => /knee complains/.test(each.text));
      expect(left.map((each) => [each.text, each.conflictsWith])).to.deep.equal([[text, null]]);
    });

    it("shows what two tabs wrote side by side as soon as the second one saves", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      const other = await web.newTab(page);
      await unlock(other);
      await settled(other);
      for (const tab of [page, other]) {
        await search(tab, "peppers", /^1 of/);
        await row(tab, "Eats no peppers").click();
        await press(tab, "Edit");
      }
      await dialog(page).getByLabel("Text").fill("Eats AAA");
      await press(page, "Save");
      await page.getByText("Waits to be committed: changed.").waitFor();
      await dialog(other).getByLabel("Text").fill("Eats BBB");
      await press(other, "Save");
      const versions = other.getByRole("dialog", { name: "Versions side by side" });
      await versions.getByText("Eats AAA").waitFor();
      await versions.getByText("Eats BBB").waitFor();
      // Where the first one was saved too; nothing there takes both back.
      await page.getByRole("dialog", { name: "Versions side by side" }).getByText("Eats BBB").waitFor();
      expect(await dialog(page).getByRole("button", { name: "Withdraw" }).count()).to.equal(0);
    });

    it("takes nothing more into a form while it is being saved", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await press(page, "Add a memory");
      const text = dialog(page).getByLabel("Text");
      await text.fill("Rides the early train");
      await dialog(page).getByLabel("Scope").selectOption("=travel");
      await holdLocks(page);
      await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
      await text.and(page.locator(":disabled")).waitFor();
      await letLocksGo(page);
      await isGone(dialog(page));
      await row(page, "Rides the early train").click();
      await press(page, "Edit");
      await text.fill("Rides the first train");
      await holdLocks(page);
      await press(page, "Save");
      await text.and(page.locator(":disabled")).waitFor();
      await letLocksGo(page);
      await page.getByText("Waits to be committed").waitFor();
      await dialog(page).getByText("Rides the first train").waitFor();
    });

    it("adds to no scope that was not chosen, and moves a memory to another one by its Edit", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await press(page, "Add a memory");
      expect(await dialog(page).getByLabel("Scope").inputValue()).to.equal("");
      await dialog(page).getByLabel("Text").fill("Rides the night bus");
      await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
      await dialog(page).getByText("Choose a scope: whoever is granted it reads the memory.").waitFor();
      await axe(page);
      await dialog(page).getByLabel("Scope").selectOption("=health");
      await dialog(page).getByLabel("Tags").fill("bus, night");
      await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
      await isGone(dialog(page));
      await row(page, "Rides the night bus").click();
      await press(page, "Edit");
      expect(await dialog(page).getByLabel("Scope").inputValue()).to.equal("=health");
      await dialog(page).getByLabel("Scope").selectOption("=travel");
      await dialog(page).getByText("There it is a new memory").waitFor();
      await axe(page);
      await press(page, "Save");
      await dialog(page).getByText("Waits to be committed: added.").waitFor();
      await dialog(page).getByText("travel", { exact: true }).waitFor();
      await dialog(page).getByText("bus, night", { exact: true }).waitFor();
      await press(page, "Close");
      await search(page, "Rides the night bus", /^1 of/);
    });

    it("adds to a scope that is new only when that is meant", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await press(page, "Add a memory");
      await dialog(page).getByLabel("Scope").selectOption("typed");
      await dialog(page).getByLabel("Name of the scope").fill("helth");
      await dialog(page).getByLabel("Text").fill("Sleeps best with an open window");
      await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
      await page.getByText("There is no scope").waitFor();
      await axe(page);
      await press(page, /^Use “health”$/);
      await isGone(dialog(page));
      await row(page, "Sleeps best with an open window").getByText("health").waitFor();
      await row(page, "Sleeps best").getByText("Waits to be committed").waitFor();
      await row(page, "Sleeps best").click();
      await press(page, "Withdraw");
      await page.getByText("This memory is no longer in the vault").waitFor();
    });

    it("shreds what is held, not what is only pressed", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await search(page, "peppers", /^1 of/);
      await row(page, "Eats no peppers").click();
      await press(page, "Forget…");
      await page.getByRole("radio", { name: /^Shred it/ }).click();
      const button = page.getByRole("button", { name: "Shred", exact: true });
      await button.click();
      await page.waitForTimeout(1_800);
      expect(await button.isVisible()).to.equal(true);
      await button.focus();
      await page.keyboard.down("Enter");
      await isGone(dialog(page));
      await page.keyboard.up("Enter");
      await page.getByText("1 memory leaves with the next commit.").click();
      await page.getByText("Will be shredded").waitFor();
      await axe(page);
    });

    it("proves one, to a file that names the commit", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await row(page, "").click();
      if (await page.getByRole("button", { name: "Decide later" }).isVisible()) {
        await press(page, "Decide later");
        await rows(page).nth(4).click();
      }
      await press(page, "Prove it");
      await press(page, "Prove it now");
      await page.getByText("The vault is complete and unaltered, and this memory is in it").waitFor();
      const [file] = await Promise.all([page.waitForEvent("download"), press(page, "Download the proof")]);
      const said = JSON.parse(await readFile(await file.path(), "utf8")) as Record<string, unknown>;
      const { sequence, root } = await read(await otherDevice(web));
      expect(said).to.include({ sequence: sequence.toString(), root });
      await press(page, "Have the contract check it");
      await page.getByText("The contract finds it under its present head.").waitFor();
      await axe(page);
    });

    it("puts a text back that another device forgot meanwhile", async () => {
      const { page } = await web.newPage();
      await openToWrite(web, page);
      await search(page, "cargo bicycle", /^1 of/);
      await row(page, "cargo bicycle").click();
      await press(page, "Edit");
      await dialog(page).getByLabel("Text").fill("Owns two cargo bicycles");
      await press(page, "Save");
      await page.getByText("Waits to be committed: changed.").waitFor();
      await press(page, "Close");
      const other = await otherDevice(web);
      const known = (await read(other)).scopes.flatMap(({ memories }) => memories);
      await forget(
        other,
        known.find(({ text }): boolean => text.includes("cargo bicycle"))!,
      );
      await sync(other);
      await commit(page);
      await page.getByText("Forgotten elsewhere while you changed it here").waitFor();
      // The store says so when the lost commit's blob was given up before.
      web.expect(/pin\/rm/);
      await axe(page);
      await press(page, "Put it back…");
      await dialog(page).getByLabel("Scope").selectOption("=travel");
      await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
      await isGone(dialog(page));
      await isGone(page.getByText("Forgotten elsewhere while you changed it here"));
      await row(page, "Owns two cargo bicycles").waitFor();
    });

    it("names the tool that an import comes from, and shows whole texts", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await press(page, "Import");
      const text = `${"A long way ".repeat(40)}to the very end`;
      const lines = Array.from({ length: 5 }, (_, i) =>
        JSON.stringify({
          type: "semantic",
          scope: "travel",
          text: `${text} ${i}`,
          createdAt: 1_700_000_000_000,
        }),
      );
      await dropFiles(page, ".drop", [{ name: "a.jsonl", text: lines.join("\n") }]);
      await dialog(page)
        .getByText(/^From JSON lines: 5 memories/)
        .waitFor();
      await dialog(page).getByText("What they say").click();
      await dialog(page)
        .getByText(/to the very end 0$/)
        .waitFor();
      await press(page, "Show 2 more of 2");
      await dialog(page)
        .getByText(/to the very end 4$/)
        .waitFor();
      await axe(page);
    });

    it("lets the browser open no file that misses the place to drop it on", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await press(page, "Import");
      await dialog(page).locator(".drop").waitFor();
      const refused = await dialog(page)
        .getByRole("heading")
        .first()
        .evaluate((beside) =>
          ["dragover", "drop"].map((type) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["a"], "a.txt"));
            return !beside.dispatchEvent(
              new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }),
            );
          }),
        );
      expect(refused).to.deep.equal([true, true]);
    });

    it("is walked by keys alone", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await page.getByRole("searchbox").focus();
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press("Tab");
        if ((await page.evaluate(() => document.activeElement?.getAttribute("role"))) === "listbox") break;
      }
      const at = () => page.locator("[role=option][aria-selected=true]").getAttribute("aria-posinset");
      expect(await at()).to.equal("1");
      await page.keyboard.press("ArrowDown");
      expect(await at()).to.equal("2");
      await page.keyboard.press("End");
      expect(await at()).to.equal(await rows(page).first().getAttribute("aria-setsize"));
      await page.keyboard.press("PageUp");
      await page.keyboard.press("Enter");
      await dialog(page).waitFor();
      await page.keyboard.press("Escape");
      await isGone(dialog(page));
      const role = () => document.activeElement?.getAttribute("role");
      expect(await page.evaluate(role)).to.equal("listbox");
      await page.keyboard.press("Home");
      expect(await at()).to.equal("1");
    });

    it("shows months, and goes to one, on a phone and in the dark", async () => {
      const { page } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
      await openSample(web, page);
      await press(page, "Timeline");
      await axe(page);
      await noSideways(page);
      await web.screenshot(page, "memories-timeline-phone-dark");
      const month = page.locator(".month-bars button").nth(5);
      const name = (await month.getAttribute("title"))!;
      await month.click();
      await page.locator(".month-row").filter({ hasText: name }).waitFor();
      await press(page, "Filters");
      await axe(page);
      await noSideways(page);
    });

    it("shows another's text as text, whatever is in it", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await add(page, "travel", '<img src=x onerror="alert(1)"> pay \u202eEUR\u202c\nsecond line');
      await row(page, "<img").waitFor();
      expect(await row(page, "<img").locator(".plain-code").allTextContents()).to.deep.equal([
        "U+202E",
        "U+202C",
      ]);
      await row(page, "<img").click();
      await dialog(page).getByText("second line").waitFor();
      await axe(page);
    });
  });

  describe("of 10,000 memories", () => {
    const web = webWorld({ sample: true });

    it("has few rows in the page, and types without a stutter", async () => {
      const other = await otherDevice(web);
      const words =
        "window seat travel penguin coffee meeting bridge harbour house doctor music guitar".split(" ");
      const text = (i: number): string =>
        Array.from(
          { length: 5 + ((i * 7) % 40) },
          (_, k) => words[(i * 13 + k * k * 5) % words.length]!,
        ).join(" ");
      await remember(
        other,
        ...Array.from({ length: 10_000 }, (_, i) => ({
          ...{ scope: "travel", text: `${text(i)} ${i}`, type: "episodic" as const },
          createdAt: Date.now() - i * 3_600_000,
        })),
      );
      await sync(other);
      const { page } = await web.newPage();
      await openSample(web, page);
      expect(
        Number(/[\d,]+$/.exec((await count(page)).replace(/ memories$/, ""))![0].replace(",", "")),
      ).to.be.at.least(10_000);
      const inPage = () => page.locator("[role=option], .month-row").count();
      expect(await inPage()).to.be.lessThan(200);
      await page.evaluate(() => {
        const seen: number[] = [];
        Object.assign(window, { seen });
        new PerformanceObserver((list) =>
          seen.push(...list.getEntries().map(({ duration }) => duration)),
        ).observe({
          type: "longtask",
        });
      });
      await page.getByRole("searchbox").pressSequentially("penguin harb", { delay: 50 });
      const seen = await page.evaluate(() => (window as unknown as { seen: number[] }).seen);
      // A quarter of a second is a stutter even on a machine that does other things.
      expect(Math.max(0, ...seen)).to.be.lessThan(250);
      await page.locator("[role=option] mark").first().waitFor();
      await page.getByRole("searchbox").fill("");
      await press(page, "Timeline");
      await page.getByRole("listbox").focus();
      await page.keyboard.press("End");
      await page.locator('[role=option][aria-selected="true"]').waitFor();
      expect(await inPage()).to.be.lessThan(200);
      await axe(page);
    });

    it("scrolls with the page on a phone, and is walked by keys there too", async () => {
      const { page } = await web.newPage({ viewport: PHONE });
      await openSample(web, page);
      const list = page.getByRole("listbox");
      expect(await list.evaluate((box) => getComputedStyle(box).overflowY)).to.equal("visible");
      const inPage = () => rows(page).count();
      const chosen = page.locator('[role=option][aria-selected="true"]');
      const at = async () => Number(await chosen.getAttribute("aria-posinset"));
      const isInSight = async () => {
        const { y, height } = (await chosen.boundingBox())!;
        const bar = (await page.getByRole("navigation", { name: "Pages" }).boundingBox())!;
        return y >= -1 && y + height <= bar.y + 1;
      };
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight / 2));
      const middle = page.locator("[role=option]").nth(8);
      await middle.waitFor();
      expect(await inPage()).to.be.within(3, 100);
      const before = await page.evaluate(() => Math.round(scrollY));
      expect(before).to.be.greaterThan(1_000);
      await page.mouse.click(180, 300);
      await dialog(page).waitFor();
      await page.keyboard.press("Escape");
      await isGone(dialog(page));
      expect(await page.evaluate(() => Math.round(scrollY))).to.be.closeTo(before, 150);
      const here = await at();
      await page.keyboard.press("ArrowDown");
      expect(await at()).to.equal(here + 1);
      await page.keyboard.press("PageDown");
      expect(await at()).to.be.greaterThan(here + 2);
      await page.waitForTimeout(300);
      expect(await isInSight(), "after PageDown").to.equal(true);
      await page.keyboard.press("End");
      await page.waitForTimeout(500);
      expect(await at()).to.equal(Number(await chosen.getAttribute("aria-setsize")));
      expect(await isInSight(), "after End").to.equal(true);
      await page.keyboard.press("Home");
      await page.waitForTimeout(500);
      expect(await at()).to.equal(1);
      expect(await isInSight(), "after Home").to.equal(true);
      expect(await inPage()).to.be.lessThan(100);
      await page.evaluate(() => scrollTo(0, 0));
      await web.screenshot(page, "memories-phone");
      await axe(page);
      await noSideways(page);
    });
  });
});
