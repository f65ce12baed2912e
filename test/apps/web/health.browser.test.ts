import { expect } from "chai";
import type { Page } from "playwright-core";

import { memoryJournalStore, recoverVault, remember, sync } from "../../../client/index.ts";
import { ipfsStore } from "../../../client/stores.ts";
import { wordsToSeed } from "../../../client/words.ts";
import { axe, noSideways, PHONE, webWorld, type Web } from "../../helpers/web.ts";
import {
  add,
  commit,
  createVault,
  goTo,
  press,
  search,
  settled,
  title,
  unlock,
} from "../../helpers/web-steps.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const LOST = "Allergic to penicillin";

/** More commits than a vault names the batches of. */
const MANY = 130;

/** Has the owner's other device, which is not a browser, commit so often that nobody can tell of an older batch. */
async function commitMany(
  { world: { chain, deployment, blobs, accounts } }: Web,
  words: readonly string[],
): Promise<void> {
  const other = await recoverVault({
    ...{ provider: chain.provider, wallet: await chain.provider.getSigner(accounts[0]) },
    ...{ store: ipfsStore({ api: blobs.url }), journalStore: memoryJournalStore() },
    ...{ journalKey: crypto.getRandomValues(new Uint8Array(32)), address: deployment.memoryVault },
    ...{ seed: wordsToSeed(words.join(" ")), owner: accounts[0] },
  });
  for (let i = 0; i < MANY; i++) {
    await remember(other, { scope: "travel", text: `Trip ${String(i)}` });
    await sync(other);
  }
}

async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent("crash");
  await page.goto("chrome://crash").catch(() => undefined);
  await crashed;
}

long("a vault's health in the web app", function () {
  this.timeout(480_000);
  const web = webWorld();

  /** A page that dies between the press on Send and the wallet's answer; the rest of the vault goes on without it. */
  async function diedWhileSending({ lands }: { readonly lands: boolean }): Promise<Page> {
    const { page, wallet } = await web.newPage({ viewport: PHONE });
    const words = await createVault(page);
    await add(page, "travel", "Prefers a window seat");
    await commit(page, wallet);
    await add(page, "health", LOST);
    const sent = wallet.sent;
    await press(page, "Commit");
    await page.getByRole("dialog", { name: "Send this transaction?" }).waitFor();
    wallet.delay = lands ? 1_500 : 3_000_000;
    await press(page, "Send");
    if (lands) while (wallet.asked.at(-1) !== "eth_sendTransaction") await page.waitForTimeout(50);
    await crash(page);
    wallet.delay = 0;
    while (lands && wallet.sent === sent) await new Promise((go) => setTimeout(go, 50));
    expect(wallet.sent - sent).to.equal(lands ? 1 : 0);
    await commitMany(web, words);
    const next = await web.newTab(page, "#/health");
    await unlock(next);
    await title(next, "Health");
    await settled(next);
    return next;
  }

  /** Asks for a commit on the page of health, which is told of what nobody knows. */
  async function asked(page: Page, is: string): Promise<void> {
    await press(page, /^Commit \d+ changes?$/);
    const found = page.getByRole("listitem").filter({ hasText: LOST });
    await found.waitFor();
    expect(await found.textContent()).to.equal(`A memory: ${LOST}: ${is}`);
    await axe(page);
    await noSideways(page);
  }

  it("shows what was sent and may never have landed, and takes it back to be written again", async () => {
    const page = await diedWhileSending({ lands: false });
    await asked(page, "not there");
    await web.screenshot(page, "health-uncertain-phone", true);
    await press(page, "Take them back");
    await page.getByText("Taken back.", { exact: true }).waitFor();
    expect(await page.getByText("may have landed").count()).to.equal(0);
    await goTo(page, "Memories");
    await search(page, "penicillin", /^0 of|No memory/);
  });

  it("shows what was sent and did land, and forgets that it waited", async () => {
    const page = await diedWhileSending({ lands: true });
    await asked(page, "there");
    await press(page, "Take them back");
    await page.getByText("Taken back.", { exact: true }).waitFor();
    await goTo(page, "Memories");
    await search(page, "penicillin", `1 of ${String(MANY + 2)} memories`);
    await page.reload();
    await unlock(page);
    await search(page, "penicillin", `1 of ${String(MANY + 2)} memories`);
  });

  it("shows the receipt of a shred, which the page of memories leads to, until it was seen", async () => {
    const { page, wallet } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
    await createVault(page);
    await add(page, "travel", "Prefers a window seat");
    await add(page, "health", LOST);
    await commit(page, wallet);
    await page.getByText(LOST).first().click();
    await press(page, "Forget…");
    await page.getByRole("radio", { name: /^Shred it/ }).check();
    await page.getByRole("button", { name: "Shred", exact: true }).focus();
    await page.keyboard.down("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.up("Enter");
    await goTo(page, "Health");
    const section = page.getByRole("region", { name: "What is gone for good" });
    expect(await section.count(), "nothing is gone before the commit").to.equal(0);
    await goTo(page, "Memories");
    await commit(page, wallet);
    const receipt = page.getByText("Shredded: 1 memory, done behind commit 2.");
    await receipt.waitFor();
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "receipt-memories-phone-dark", true);
    await page.reload();
    await unlock(page);
    await receipt.waitFor();
    await page.getByRole("link", { name: "The receipt says what is gone" }).click();
    await section.getByText("1 memory, in commit 2").waitFor();
    await section.getByText("the older keys on this device").waitFor();
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "receipt-health-phone-dark", true);
    await section.getByRole("button", { name: "I have seen this receipt" }).click();
    await section.waitFor({ state: "detached" });
    await goTo(page, "Memories");
    await search(page, "", "1 of 1 memory");
    expect(await receipt.count()).to.equal(0);
    const { height } = (await page.getByRole("listbox").boundingBox())!;
    expect(height, "a list of one is no higher than that one").to.be.below(200);
  });
});
