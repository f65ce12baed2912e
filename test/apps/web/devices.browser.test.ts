import { readFile } from "node:fs/promises";

import { expect } from "chai";
import type { Locator, Page } from "playwright-core";

import { axe, noSideways, PHONE, webWorld, type Web } from "../../helpers/web.ts";
import {
  add,
  commit,
  createVault,
  goTo,
  lockBrowser,
  press,
  send,
  settled,
  title,
  unlock,
  writeWords,
} from "../../helpers/web-steps.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const JOIN = "Use your vault on a further device";

/** Presses a button of a dialog. */
const choose = (dialog: Locator, name: string | RegExp): Promise<void> =>
  dialog.getByRole("button", { name, exact: typeof name === "string" }).click();

/** Makes a browser that is to join: it shows its key. */
async function joining(page: Page): Promise<{ readonly key: string; readonly digest: string }> {
  await press(page, new RegExp(`^${JOIN}`));
  await lockBrowser(page, { passkey: true });
  await title(page, JOIN);
  const key = (await page.locator(".recipient").textContent()) ?? "";
  const digest = /0x[0-9a-f]{16,}/.exec((await page.locator("section").first().textContent()) ?? "")?.[0];
  return { key, digest: digest ?? "none" };
}

/** Answers every dialog of costs until something else is there. */
async function sendUntil(page: Page, there: Locator): Promise<void> {
  const cost = page.getByRole("dialog", { name: "Send this transaction?" });
  for (;;) {
    await there.or(cost).first().waitFor();
    if (await there.isVisible()) return;
    await send(page);
  }
}

/** Lets a device in from the page of health. @returns the welcome's bytes. */
async function letIn(page: Page, key: string, digest: string, label: string): Promise<Buffer> {
  await goTo(page, "Health");
  await press(page, "Add a device…");
  const dialog = page.getByRole("dialog", { name: "Add a device" });
  await dialog.getByLabel("Its key").fill(`  ${key.slice(0, 900)}\n${key.slice(900)} `);
  await dialog.getByLabel("What you call it").fill(label);
  await dialog.getByText(digest).waitFor();
  expect(await dialog.getByRole("button", { name: "Let it in" }).isDisabled()).to.equal(true);
  await dialog.getByLabel("The other device shows the same").check();
  await axe(page, "dialog");
  await choose(dialog, "Let it in");
  const welcome = page.getByRole("dialog", { name: "Hand over its welcome" });
  await sendUntil(page, welcome);
  const [saved] = await Promise.all([page.waitForEvent("download"), choose(welcome, "Save the file")]);
  const bytes = await readFile(await saved.path());
  await choose(welcome, "The device has it");
  await welcome.waitFor({ state: "detached" });
  return bytes;
}

/** Opens a welcome that came as a file. */
async function takeWelcome(page: Page, welcome: Buffer): Promise<void> {
  await page
    .getByLabel("The welcome's file")
    .setInputFiles({ name: "welcome.age", mimeType: "application/octet-stream", buffer: welcome });
  await title(page, "Memories");
  await settled(page);
}

long("devices and the 24 words in the web app", function () {
  this.timeout(240_000);
  const web: Web = webWorld();

  it("lets a second browser in, which writes, and removes it, which it is told", async () => {
    const first = await web.newPage();
    await createVault(first.page);
    await add(first.page, "travel", "Likes night trains");
    await commit(first.page, first.wallet);

    const second = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
    const { key, digest } = await joining(second.page);
    expect(key).to.match(/^age1pq1[02-9ac-hj-np-z]{1952}$/);
    await press(second.page, "Show it as a QR code");
    await second.page.getByRole("img", { name: "The key as a QR code" }).waitFor();
    await axe(second.page);
    await noSideways(second.page);
    await web.screenshot(second.page, "devices-join-phone-dark", true);

    const welcome = await letIn(first.page, key, digest, "phone");
    await web.screenshot(first.page, "devices-added", true);
    await takeWelcome(second.page, welcome);
    await second.page.getByText("Likes night trains").first().waitFor();
    await add(second.page, "travel", "Dislikes early flights");
    await goTo(second.page, "Settings");
    await press(second.page, /^Connect /);
    await second.page.getByRole("button", { name: "Disconnect the wallet" }).waitFor();
    await commit(second.page, second.wallet);

    await goTo(first.page, "Memories");
    await first.page.reload();
    await first.page.getByLabel("Passphrase", { exact: true }).fill("correct horse battery");
    await press(first.page, "Unlock with the passphrase");
    await first.page.getByText("Dislikes early flights").first().waitFor();
    await goTo(first.page, "Health");
    await first.page.getByText("phone", { exact: true }).waitFor();

    await press(first.page, "Remove phone…");
    const dialog = first.page.getByRole("dialog", { name: "Remove a device" });
    await axe(first.page, "dialog");
    await web.screenshot(first.page, "devices-remove");
    for (const box of await dialog.getByRole("checkbox").all()) await box.check();
    await choose(dialog, "Remove it, and change every key");
    await sendUntil(first.page, dialog.getByText("is removed, by commit"));
    await choose(dialog, "Close");
    await first.page.getByText("phone", { exact: true }).waitFor({ state: "detached" });

    await second.page.reload();
    await second.page.getByLabel("Passphrase", { exact: true }).fill("correct horse battery");
    await press(second.page, "Unlock with the passphrase");
    await second.page.getByText("This device was removed from the vault").waitFor();
    await axe(second.page);
    await noSideways(second.page);
    await web.screenshot(second.page, "devices-removed-phone-dark", true);
  });

  it("renews the 24 words, goes on after a reload, and has the new ones open this browser and the vault", async () => {
    const { page, wallet } = await web.newPage();
    const old = await createVault(page);
    await add(page, "travel", "Likes night trains");
    await commit(page, wallet);
    await goTo(page, "Health");
    await press(page, "Renew the 24 words…");
    await title(page, "Renew the 24 words");
    await axe(page);
    await web.screenshot(page, "words-renew", true);
    await press(page, "Draw new words");
    await title(page, "Your new 24 words");
    await axe(page);
    const cost = page.getByRole("dialog", { name: "Send this transaction?" });
    const words = await writeWords(page);
    expect(words).not.to.deep.equal(old);
    // The commit key is replaced, and then this page is closed: what it was about to store is looked for, and not there.
    web.expect(/500 \(Internal Server Error\).*block\/get/);
    await send(page);
    await cost.waitFor();
    await page.reload();
    await unlock(page);
    await goTo(page, "Health");
    await page.getByText("It puts the new 24 words in force").waitFor();
    await axe(page);
    await web.screenshot(page, "words-renew-unfinished", true);
    await press(page, "Go on with it");
    await send(page);
    await page.getByText("It puts the new 24 words in force").waitFor({ state: "detached" });

    // The old words open this browser no more; the new ones do.
    await press(page, "Lock");
    await title(page, "Unlock");
    await page.getByText("Unlock with the 24 words").click();
    await page.getByLabel("The 24 words").fill(old.join(" "));
    await press(page, "Unlock with the words");
    await page.getByText("not the ones that unlock this device").waitFor();
    await page.getByLabel("The 24 words").fill(words.join(" "));
    await press(page, "Unlock with the words");
    await goTo(page, "Health");
    await page.getByLabel("All 24 words").fill(old.join(" "));
    await press(page, "Check all 24 words");
    await page.getByText("or were renewed since").waitFor();
    await page.getByLabel("All 24 words").fill(words.join(" "));
    await press(page, "Check all 24 words");
    await page.getByText("These words open your vault").waitFor();
  });

  it("warns before the words themselves are removed, and keeps new ones that no wallet put in force", async () => {
    const { page, wallet } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
    await createVault(page);
    await add(page, "travel", "Likes night trains");
    await commit(page, wallet);
    await goTo(page, "Health");
    await press(page, "Remove the 24 words…");
    const dialog = page.getByRole("dialog", { name: "Remove the 24 words" });
    await dialog.getByText("no words recover your vault").waitFor();
    await axe(page, "dialog");
    await web.screenshot(page, "words-remove-phone-dark");
    const remove = dialog.getByRole("button", { name: "Remove it, and change every key" });
    for (const box of await dialog.locator(".health-vouch").getByRole("checkbox").all()) await box.check();
    expect(await remove.isDisabled()).to.equal(true);
    await dialog.getByLabel("I want a vault that no words recover").check();
    expect(await remove.isDisabled()).to.equal(false);
    await choose(dialog, "Cancel");

    // What was sent is told at the lower edge, over the last button.
    await page.getByRole("region", { name: "Transactions" }).getByRole("button", { name: "Dismiss" }).click();
    await press(page, "Renew the 24 words…");
    await title(page, "Renew the 24 words");
    await noSideways(page);
    await web.screenshot(page, "words-renew-phone-dark", true);
    await press(page, "Draw new words");
    await title(page, "Your new 24 words");
    await noSideways(page);
    await writeWords(page);
    const cost = page.getByRole("dialog", { name: "Send this transaction?" });
    await cost.waitFor();
    await choose(cost, "Not now");
    await page.getByRole("alert").waitFor();
    await press(page, "Later");
    await goTo(page, "Health");
    await page.getByText(/It puts the new 24 words in force|New words were written down/).waitFor();
    await noSideways(page);
    await web.screenshot(page, "words-renew-declined-phone-dark", true);
    await press(page, "Go on with it");
    await send(page);
    await send(page);
    await page.getByRole("button", { name: "Go on with it" }).waitFor({ state: "detached" });
  });

  it("gives a vault another name in this browser, which stays", async () => {
    const { page } = await web.newPage({ viewport: PHONE });
    await createVault(page);
    await goTo(page, "Settings");
    const rename = page.getByRole("button", { name: "Rename it" });
    expect(await rename.isDisabled()).to.equal(true);
    await page.getByLabel("Your name for it").fill("  My travels ");
    await rename.click();
    await page.getByText("This vault has its new name").waitFor();
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "settings-rename-phone", true);
    await goTo(page, "Memories");
    await goTo(page, "Settings");
    await page.waitForFunction(() =>
      [...document.querySelectorAll("input")].some(({ value }) => value === "My travels"),
    );
    await page.reload();
    await unlock(page);
    await title(page, "Settings");
    await press(page, "Other vaults");
    await page.getByText("My travels", { exact: true }).first().waitFor();
  });
});
