import { readFile } from "node:fs/promises";

import { expect } from "chai";
import type { Page } from "playwright-core";

import { rpc } from "../../../apps/cli/rpc.ts";
import { welcomeText } from "../../../client/manage.ts";
import { PHONE, webWorld, type WebPage } from "../../helpers/web.ts";
import {
  add,
  commit,
  createVault,
  dropFiles,
  goTo,
  lockBrowser,
  press,
  search,
  send,
  settled,
  title,
  unlock,
} from "../../helpers/web-steps.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const EXPORT = new URL("../../../examples/chatgpt-export/conversations.json", import.meta.url);

const DOCTOR = "The family doctor is Dr. Amrani since September 2025.";

const CONFERENCE = "Speaks at a steel bridge conference in Delft in June 2025.";

/** Reloads, as somebody does who was interrupted, and unlocks by the passkey. */
async function again(page: Page): Promise<void> {
  await page.reload();
  await title(page, "Unlock");
  await press(page, "Unlock with the passkey");
  await title(page, "Memories");
}

const waits = (page: Page, text: string): Promise<void> => page.getByText(text, { exact: true }).waitFor();

/** Has the chain estimate over its newest block, as most nodes do: what is in no block yet hides no second one of the same. */
async function estimatesOfNewestBlock(page: Page): Promise<void> {
  await page.context().route("**/*", async (route) => {
    const text = route.request().postData() ?? "";
    if (!text.includes("eth_estimateGas")) return route.fallback();
    const body = JSON.parse(text) as object;
    for (const call of [body].flat() as { method: string; params: unknown[] }[])
      if (call.method === "eth_estimateGas") call.params = [call.params[0], "latest"];
    await route.fallback({ postData: JSON.stringify(body) });
  });
}

async function openMemory(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().click();
  await page.getByRole("dialog", { name: "Memory" }).waitFor();
}

long("the story of the web app, by mouse alone", function () {
  this.timeout(240_000);
  const web = webWorld();

  /** A vault with one memory that is committed. */
  async function begun(): Promise<WebPage> {
    const opened = await web.newPage();
    await createVault(opened.page);
    await add(opened.page, "travel", "Prefers a window seat and night trains");
    await commit(opened.page, opened.wallet);
    return opened;
  }

  it("create, import, search, edit, forget, commit, export: a reload at each step loses nothing", async () => {
    const { page, wallet } = await web.newPage();
    await createVault(page, { passkey: true });
    await again(page);

    await press(page, "Import");
    const file = { name: "conversations.json", text: await readFile(EXPORT, "utf8") };
    await dropFiles(page, ".drop", [file]);
    await page.getByText("189 memories to bring").waitFor();
    await web.screenshot(page, "story-import");
    await press(page, "Bring 189 memories");
    await page.getByText("189 memories are written on this device").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).click();
    await waits(page, "189 changes wait");
    await again(page);
    await waits(page, "189 changes wait");
    await commit(page, wallet);
    await search(page, "family doctor Amrani September", /^\d+ of 189 memories$/);

    await openMemory(page, DOCTOR);
    await press(page, "Edit");
    await page.getByLabel("Text").fill("The family doctor is Dr. Amrani; her practice is on our corner.");
    await press(page, "Save");
    await waits(page, "1 change waits");
    await again(page);
    await waits(page, "1 change waits");
    await search(page, "practice corner", "The family doctor is Dr. Amrani; her practice is on our corner.");
    await search(page, "steel bridge conference", /bridge conference in Delft/);
    await openMemory(page, CONFERENCE);
    await press(page, "Forget…");
    await page
      .getByRole("region", { name: "Forget this memory" })
      .getByRole("button", { name: "Forget" })
      .click();
    await waits(page, "2 changes wait");
    await commit(page, wallet);
    await again(page);
    await settled(page);
    await search(page, "", "188 of 188 memories");
    // Minting, and two commits: nothing else was paid for.
    expect(wallet.sent).to.equal(3);

    await press(page, "Export");
    await page.getByLabel(/^JSON lines/).check();
    await page.getByLabel("Not encrypted").check();
    const downloading = page.waitForEvent("download");
    await press(page, "Save 188 memories");
    const saved = await readFile(await (await downloading).path(), "utf8");
    expect(
      saved
        .trim()
        .split("\n")
        .filter((line) => line.includes('"text"')),
    ).to.have.length(188);
    expect(saved).to.contain("her practice is on our corner").and.not.contain(CONFERENCE);
  });

  it("who declines loses nothing, in the page and in the wallet, and sends it later", async () => {
    const { page, wallet } = await begun();
    await add(page, "travel", "Packs in one bag of thirty litres");
    const sent = wallet.sent;
    await press(page, "Commit");
    await page.getByRole("dialog").getByRole("button", { name: "Not now" }).click();
    await page.getByText("Transaction declined").first().waitFor();
    await waits(page, "1 change waits");
    wallet.rejectNext = 1;
    await press(page, "Commit");
    await send(page);
    await page.getByRole("alert").first().waitFor();
    await waits(page, "1 change waits");
    expect(wallet.sent).to.equal(sent);
    await commit(page, wallet);
    await search(page, "thirty litres", "1 of 2 memories");
  });

  it("a wallet on another chain is asked to switch, and nothing is sent there", async () => {
    const { page, wallet } = await begun();
    await add(page, "travel", "Gets seasick on small boats");
    const sent = wallet.sent;
    await wallet.setChain(1);
    await press(page, /^Switch /);
    await page
      .getByRole("button", { name: /^Switch / })
      .first()
      .waitFor({ state: "detached" });
    expect(wallet.asked).to.include("wallet_switchEthereumChain");
    expect(wallet.sent).to.equal(sent);
    await commit(page, wallet);
  });

  it("two tabs show the same, and what one commits the other does not send again", async () => {
    const { page, wallet } = await begun();
    const other = await web.newTab(page);
    await unlock(other);
    await add(page, "travel", "Books rooms without breakfast");
    await waits(other, "1 change waits");
    await add(other, "travel", "Looks for a bakery instead");
    await waits(page, "2 changes wait");
    await commit(page, wallet);
    await other.getByText(/changes? waits?$/).waitFor({ state: "detached" });
    await search(other, "bakery", "1 of 3 memories");
  });

  it("a page that dies half-way in a commit goes on: what was written lands once", async () => {
    const { page, wallet } = await begun();
    await add(page, "health", "Allergic to penicillin");
    const sent = wallet.sent;
    wallet.delay = 1_500;
    await press(page, "Commit");
    await send(page);
    const crashed = page.waitForEvent("crash");
    await page.goto("chrome://crash").catch(() => undefined);
    await crashed;
    wallet.delay = 0;
    const next = await web.newTab(page);
    await unlock(next);
    await settled(next);
    if (await next.getByRole("button", { name: "Commit", exact: true }).isVisible()) {
      await press(next, "Commit");
      const asked = next.getByRole("dialog", { name: "Send this transaction?" });
      const landed = next.getByText(/changes? waits?$/).waitFor({ state: "detached" });
      await Promise.race([asked.waitFor(), landed]);
      if (await asked.isVisible()) await send(next);
    }
    await next.getByText(/changes? waits?$/).waitFor({ state: "detached" });
    await search(next, "penicillin", "1 of 2 memories");
    expect(wallet.sent - sent).to.be.within(1, 2);
    await next.reload();
    await unlock(next);
    await settled(next);
    await search(next, "penicillin", "1 of 2 memories");
  });

  it("a reload while a commit is in no block, and Commit pressed again: nothing is sent beside it", async () => {
    const { page, wallet } = await begun();
    await estimatesOfNewestBlock(page);
    await add(page, "health", "Allergic to penicillin");
    const sent = wallet.sent;
    await rpc(web.world.chain.url, "evm_setAutomine", [false]);
    try {
      await press(page, "Commit");
      await send(page);
      const transactions = page.getByRole("region", { name: "Transactions" });
      await transactions.getByText("Sent, and not in a block yet.").waitFor();
      await page.reload();
      await unlock(page);
      await transactions.getByText("Sent, and not in a block yet.").waitFor();
      await press(page, "Commit");
      await transactions.getByText(/^Nothing is sent yet: what was sent before/).waitFor();
      await press(page, "Stop waiting");
      await page.getByText(/^Something that was sent before is in no block yet\./).waitFor();
      await press(page, "Commit");
      await transactions.getByText(/^Nothing is sent yet: what was sent before/).waitFor();
      expect(wallet.sent - sent).to.equal(1);
    } finally {
      await rpc(web.world.chain.url, "evm_setAutomine", [true]);
      await rpc(web.world.chain.url, "evm_mine", []);
    }
    await page.getByText(/changes? waits?$/).waitFor({ state: "detached" });
    await search(page, "penicillin", "1 of 2 memories");
    await page.getByText("Committing…").waitFor({ state: "detached" });
    expect(await page.getByRole("dialog", { name: "Send this transaction?" }).count()).to.equal(0);
    expect(wallet.sent - sent).to.equal(1);
  });

  it("a reader is granted a scope, reads it in another browser, and is out after the revoke", async () => {
    const { page } = await begun();
    await add(page, "health", "Allergic to penicillin");
    const reader = await web.newPage({ wallet: false, colorScheme: "dark", viewport: PHONE });
    await press(reader.page, "Read a vault that was granted to you");
    await lockBrowser(reader.page, { passkey: true });
    await title(reader.page, "Read a vault that was granted to you");
    const key = (await reader.page.locator(".recipient").textContent())!;

    await goTo(page, "Access");
    await press(page, "Grant access");
    const dialog = page.getByRole("dialog", { name: "Grant access" });
    await dialog.getByLabel("Who is to read?").fill(key);
    await dialog.getByRole("button", { name: "Continue" }).click();
    await dialog.getByLabel("Your own words for it").fill("A friend who travels along");
    await dialog.getByRole("checkbox", { name: /^travel/ }).check();
    await dialog.getByRole("button", { name: "30 days" }).click();
    await dialog.getByRole("button", { name: "Continue" }).click();
    await web.screenshot(page, "story-grant");
    await dialog.getByRole("button", { name: "Grant", exact: true }).click();
    await send(page);
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: /^Download/ }).click();
    const welcome = welcomeText(new Uint8Array(await readFile(await (await downloading).path())));
    await press(page, "It was handed over");

    await reader.page.getByLabel("Or the welcome as text").fill(welcome);
    await press(reader.page, "Open this welcome");
    await title(reader.page, "Memories");
    await settled(reader.page);
    await search(reader.page, "", "1 of 1 memory");
    await reader.page.getByText("Prefers a window seat and night trains").first().waitFor();
    await web.screenshot(reader.page, "story-reader");

    await press(page, "Revoke the grant of A friend who travels along");
    const revoking = page.getByRole("dialog", { name: "Revoke 1 grant?" });
    await revoking.getByRole("button", { name: "Revoke", exact: true }).click();
    await send(page);
    await page.getByText("Nobody else can read this vault.").waitFor();

    // The reader's page looks again when it is looked at, and is told without a reload.
    await reader.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await reader.page.getByText("No member any more").first().waitFor();
    await reader.page.getByText("You read what you were granted").waitFor({ state: "detached" });
    await reader.page.reload();
    await press(reader.page, "Unlock with the passkey");
    await reader.page.getByText(/Its grant was revoked or ran out/).waitFor();
    await reader.page.getByText("You read what you were granted").waitFor({ state: "detached" });
    await web.screenshot(reader.page, "story-reader-revoked", true);
    expect(await reader.page.getByText("Prefers a window seat").count()).to.equal(0);
  });
});
