import { expect } from "chai";
import type { Page } from "playwright-core";

import { wordsToSeed } from "../../../client/words.ts";
import { goTo, lockBrowser, openSample, press, settled, title, unlock } from "../../helpers/web-steps.ts";
import { webWorld, type Web } from "../../helpers/web.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const asking = (page: Page) => page.getByRole("dialog", { name: "Send this transaction?" });

async function connect(page: Page): Promise<void> {
  await goTo(page, "Settings");
  await press(page, /^Connect /);
  await page.getByRole("button", { name: /^Disconnect/ }).waitFor();
}

async function add(page: Page, text: string): Promise<void> {
  await goTo(page, "Memories");
  await press(page, "Add a memory");
  const dialog = page.getByRole("dialog", { name: "Add a memory" });
  await dialog.getByLabel("Scope").selectOption("=health");
  await dialog.getByLabel("Text").fill(text);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

/** Holds one method of the chain up. */
async function hold(page: Page, method: string): Promise<() => void> {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**", async (route) => {
    if (route.request().postData()?.includes(method) === true) await held;
    await route.continue();
  });
  return release;
}

/** How often some bytes are in what React holds. */
const heldIn = (page: Page, bytes: readonly number[]): Promise<number> =>
  page.evaluate((wanted) => {
    const root = document.getElementById("root") as unknown as Record<string, unknown>;
    const queue: unknown[] = [root[Object.keys(root).find((key) => key.startsWith("__reactContainer$"))!]];
    const seen = new Set<unknown>();
    let found = 0;
    while (queue.length > 0) {
      const each = queue.pop();
      if (each === null || typeof each !== "object" || seen.has(each) || each instanceof Node) continue;
      if (each === window) continue;
      seen.add(each);
      if (each instanceof Uint8Array) {
        if (each.length === wanted.length && wanted.every((byte, i) => each[i] === byte)) found++;
      } else if (each instanceof Map || each instanceof Set) queue.push(...each.values());
      else
        for (const { value } of Object.values(Object.getOwnPropertyDescriptors(each)))
          queue.push(value as unknown);
    }
    return found;
  }, bytes);

long("locking in a browser", () => {
  const web: Web = webWorld({ sample: true });

  it("ends a commit whose price is still asked for, and shows nothing of it on the lock screen", async () => {
    const { page, wallet } = await web.newPage();
    await openSample(web, page);
    await connect(page);
    await add(page, "Left on the way");
    const release = await hold(page, "eth_estimateGas");
    await press(page, "Commit");
    await page.waitForTimeout(500);
    await press(page, "Lock");
    await title(page, "Unlock");
    release();
    await page.waitForTimeout(1_500);
    expect(await page.getByRole("dialog").count()).to.equal(0);
    expect(await page.locator(".transactions").count()).to.equal(0);
    expect(wallet.sent).to.equal(0);
    await unlock(page);
    await press(page, "Commit");
    await asking(page).waitFor();
    // Another tab locks: a question keeps nothing open.
    const other = await web.newTab(page);
    await unlock(other);
    await press(other, "Lock");
    await title(page, "Unlock");
    expect(await page.getByRole("dialog").count()).to.equal(0);
    await unlock(page);
    await press(page, "Commit");
    await asking(page).getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText(/^Commit [\d,]+ has landed/).waitFor();
    expect(wallet.sent).to.equal(1);
  });

  it("says that it discarded what was typed, and only then", async () => {
    const { page } = await web.newPage();
    await openSample(web, page);
    const discarded = page.getByText("What you were typing here was discarded");
    await press(page, "Add a memory");
    await page.getByLabel("Text").fill("Half a thou");
    const other = await web.newTab(page);
    await unlock(other);
    await press(other, "Lock");
    await title(page, "Unlock");
    await discarded.waitFor();
    expect(await other.getByText("What you were typing here was discarded").count()).to.equal(0);
    await unlock(page);
    await press(page, "Lock");
    await title(page, "Unlock");
    expect(await discarded.count()).to.equal(0);
  });

  it("leaves a way out where the wallet never answers, Escape or not", async () => {
    const { page, wallet } = await web.newPage();
    await openSample(web, page);
    await connect(page);
    await add(page, "For a wallet that sleeps");
    await press(page, "Commit");
    await asking(page).waitFor();
    wallet.delay = 3_000_000;
    await asking(page).getByRole("button", { name: "Send", exact: true }).click();
    const waiting = page.getByRole("dialog", { name: "Waiting for your wallet" });
    await waiting.waitFor();
    for (let times = 0; times < 5; times++) await page.keyboard.press("Escape");
    // A browser that closed it all the same has it open again in a moment.
    await page.locator("dialog[open]").waitFor();
    await waiting.getByRole("button", { name: "Stop waiting" }).click();
    await page.getByText("did not answer, and nobody waits for it any more").first().waitFor();
    await press(page, "Lock");
    await title(page, "Unlock");
  });

  it("keeps the seed of the words nowhere in the page once the vault is open", async () => {
    const { page } = await web.newPage();
    const seed = [...wordsToSeed(web.world.sample!.words)];
    await press(page, "Open the sample vault");
    await press(page, "Go on");
    await title(page, "Lock this browser");
    expect(await heldIn(page, seed), "what is looked for is found while it is needed").to.be.greaterThan(0);
    await lockBrowser(page);
    await title(page, "Memories");
    await settled(page);
    expect(await heldIn(page, seed)).to.equal(0);
  });
});
