import { expect } from "chai";
import type { Page } from "playwright-core";

import { axe, noSideways, PHONE, webWorld, type Web } from "../../helpers/web.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const PASSPHRASE = "correct horse battery";

const press = (page: Page, name: string): Promise<void> =>
  page.getByRole("button", { name, exact: true }).click();

const title = (page: Page, name: string): Promise<void> =>
  page.getByRole("heading", { level: 1, name, exact: true }).waitFor();

/** Writes the words down, and three of them back. */
async function writeWords(page: Page): Promise<string[]> {
  const list = page.locator("ol.words strong");
  await list.first().waitFor();
  const words = await list.allTextContents();
  expect(words.length).to.equal(24);
  await press(page, "I wrote them down");
  await title(page, "Three of your words");
  for (const field of await page.getByRole("textbox").all()) {
    const label = await page.locator(`label[for="${(await field.getAttribute("id"))!}"]`).textContent();
    await field.fill(words[Number(label!.replace("Word ", "")) - 1]!);
  }
  await press(page, "Go on");
  return words;
}

async function begin(page: Page): Promise<string[]> {
  await press(page, "Create a vault");
  const words = await writeWords(page);
  await title(page, "Lock this browser");
  return words;
}

async function withPassphrase(page: Page): Promise<void> {
  await page.getByLabel("New passphrase").fill(PASSPHRASE);
  await press(page, "Lock this browser with these");
  await title(page, "Mint your vault");
}

async function mint(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Connect / }).click();
  await press(page, "Mint the vault");
  await press(page, "Send");
  await title(page, "Memories");
}

async function unlockBy(page: Page, passphrase: string): Promise<void> {
  await title(page, "Unlock");
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await press(page, "Unlock with the passphrase");
}

async function unlockByWords(page: Page, words: string): Promise<void> {
  await page.getByText("Unlock with the 24 words").click();
  await page.getByLabel("The 24 words").fill(words);
  await press(page, "Unlock with the words");
}

const notTheseWords = (page: Page) => page.getByText("not the ones that unlock this device");

/** Sends words of which the third is none, and looks for what the field says of it, there and nowhere else. */
async function wrongWords(page: Page, label: string, send: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  const asked = ["autocomplete", "autocorrect", "autocapitalize", "spellcheck", "translate", "inputmode"];
  for (const [i, wanted] of ["off", "off", "none", "false", "no", "text"].entries())
    expect(await field.getAttribute(asked[i]!), asked[i]).to.equal(wanted);
  const typed = Array.from({ length: 24 }, (_, place) => (place === 2 ? "zzz" : "abandon")).join(" ");
  await field.fill(typed);
  await press(page, send);
  await page.getByRole("alert").getByText("word 3 is not in the list").waitFor();
  expect(await page.getByText("word 3 is not in the list").count()).to.equal(1);
  expect(await field.getAttribute("aria-invalid")).to.equal("true");
  const told = (await field.getAttribute("aria-describedby"))!.split(" ").map((id) => `[id="${id}"]`);
  expect((await page.locator(told.join()).allTextContents()).join()).to.contain("word 3 is not in the list");
  expect(await field.inputValue(), "what was typed stays").to.equal(typed);
}

long("the web app's device in a browser", () => {
  const web: Web = webWorld();

  it("makes a vault with a passkey and words, and unlocks by the passkey after a reload", async () => {
    const { page } = await web.newPage();
    await begin(page);
    await press(page, "Add a passkey");
    await page.getByText("Passkey added").waitFor();
    await web.screenshot(page, "device-ways", true);
    await press(page, "Lock this browser with these");
    await title(page, "Mint your vault");
    // What was begun goes on after a reload, with the same words.
    await page.reload();
    await title(page, "Unlock");
    await press(page, "Unlock with the passkey");
    await title(page, "Mint your vault");
    await mint(page);
    await page.reload();
    await press(page, "Unlock with the passkey");
    await title(page, "Memories");
  });

  it("does without a passkey where its manager has no PRF, and says why", async () => {
    const { page } = await web.newPage({ authenticator: "no-prf" });
    const words = await begin(page);
    await press(page, "Add a passkey");
    await page.getByText("This passkey cannot unlock a vault").waitFor();
    // One way is not enough.
    await press(page, "Lock this browser with these");
    await page.getByText("at least two ways").last().waitFor();
    await page.getByLabel("New passphrase").fill("short");
    await press(page, "Lock this browser with these");
    await page.getByText("The passphrase has 5 characters").waitFor();
    await withPassphrase(page);
    await mint(page);
    await press(page, "Lock");
    await unlockBy(page, "correct horse batterz");
    await page.getByText("This passphrase does not open this device").waitFor();
    await page.getByText("Unlock with the 24 words").waitFor();
    await unlockByWords(page, `${"abandon ".repeat(23)}art`);
    await page.getByText("not the ones that unlock this device").waitFor();
    await page.getByLabel("The 24 words").fill(words.join("  ").toUpperCase());
    await press(page, "Unlock with the words");
    await title(page, "Memories");
  });

  it("locks every tab when one locks, and keeps nothing of the person in what is stored", async () => {
    const { page } = await web.newPage();
    const words = await begin(page);
    await withPassphrase(page);
    await mint(page);
    const other = await web.newTab(page);
    await unlockBy(other, PASSPHRASE);
    await title(other, "Memories");
    await press(page, "Lock");
    await title(page, "Unlock");
    await title(other, "Unlock");
    const kept = await page.evaluate(async () => {
      const found: string[] = [JSON.stringify([localStorage, sessionStorage])];
      for (const { name } of await indexedDB.databases()) {
        const db = await new Promise<IDBDatabase>((resolve, reject) => {
          const opening = indexedDB.open(name!);
          opening.onsuccess = () => resolve(opening.result);
          opening.onerror = () => reject(new Error("it does not open"));
        });
        for (const store of db.objectStoreNames)
          await new Promise<void>((resolve) => {
            const cursor = db.transaction(store).objectStore(store).openCursor();
            cursor.onsuccess = () => {
              const entry = cursor.result;
              if (entry === null) {
                resolve();
                return;
              }
              const each = entry.value as unknown;
              found.push(
                JSON.stringify(entry.key),
                each instanceof Uint8Array ? new TextDecoder("latin1").decode(each) : JSON.stringify(each),
              );
              entry.continue();
            };
          });
        db.close();
      }
      return found.join("\n");
    });
    expect(kept).to.contain("passphrase");
    const { memoryVault } = web.world.deployment;
    for (const secret of [PASSPHRASE, "AGE-SECRET-KEY", words.slice(0, 3).join(" "), memoryVault.slice(2)])
      expect(kept.toLowerCase()).not.to.contain(secret.toLowerCase());
  });

  it("locks by itself when nobody is there", async () => {
    const { page } = await web.newPage();
    await page.clock.install();
    await begin(page);
    await withPassphrase(page);
    await page.clock.runFor(9 * 60_000);
    await title(page, "Mint your vault");
    await page.clock.runFor(2 * 60_000);
    await title(page, "Unlock");
  });

  it("gives the key of a reader, and names a welcome that is none", async () => {
    const { page } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
    await web.screenshot(page, "device-begin-phone", true);
    await press(page, "Read a vault that was granted to you");
    await press(page, "Add a passkey");
    await page.getByText("Passkey added").waitFor();
    await page.getByLabel("New passphrase").fill(PASSPHRASE);
    await press(page, "Lock this browser with these");
    await title(page, "Read a vault that was granted to you");
    expect(await page.locator(".recipient").textContent()).to.match(/^age1pq1[02-9ac-hj-np-z]{1952}$/);
    await press(page, "Show it as a QR code");
    await page.getByRole("img", { name: "The key as a QR code" }).waitFor();
    await page.getByLabel("Or the welcome as text").fill("MEMVAULT:AAAA");
    await press(page, "Open this welcome");
    await page.getByRole("alert").waitFor();
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "device-accept-phone", true);
  });

  it("says at the words what is wrong with them, and lets nothing keep or mend them", async () => {
    const { page } = await web.newPage();
    await press(page, "Recover with the 24 words");
    await title(page, "Recover with the 24 words");
    await wrongWords(page, "The 24 words", "Go on");
    await page.reload();
    const words = await begin(page);
    await withPassphrase(page);
    await mint(page);
    await page.getByRole("link", { name: "Health" }).click();
    await wrongWords(page, "All 24 words", "Check all 24 words");
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByText("Other words: after they were renewed").click();
    await wrongWords(page, "The 24 words", "Use these words");
    await press(page, "Lock");
    await page.getByText("Unlock with the 24 words").click();
    await wrongWords(page, "The 24 words", "Unlock with the words");
    await axe(page);
    await page.getByLabel("The 24 words").fill([...words.slice(1), words[0]].join(" "));
    await press(page, "Unlock with the words");
    await page.getByRole("alert").getByText("the checksum is wrong").or(notTheseWords(page)).waitFor();
    // As a sheet has them, and as this page shows them.
    await page
      .getByLabel("The 24 words")
      .fill(words.map((word, i) => `${String(i + 1)}. ${word}`).join("\n"));
    await press(page, "Unlock with the words");
    await title(page, "Settings");
  });

  it("has a button for a file that the keyboard reaches, which says what was chosen", async () => {
    const { page } = await web.newPage({ viewport: PHONE });
    await press(page, "Read a vault that was granted to you");
    await press(page, "Add a passkey");
    await page.getByText("Passkey added").waitFor();
    await page.getByLabel("New passphrase").fill(PASSPHRASE);
    await press(page, "Lock this browser with these");
    await title(page, "Read a vault that was granted to you");
    const file = page.getByRole("button", { name: /^The welcome's file.* Choose the file$/ });
    const box = (await file.boundingBox())!;
    expect(box.height).to.be.at.least(44);
    expect(box.width).to.be.at.least(44);
    await page.getByLabel("Your name for it").focus();
    await page.keyboard.press("Tab");
    expect(await file.evaluate((input) => input === document.activeElement)).to.equal(true);
    const shown = page.locator(".file-field > .button");
    expect(await shown.evaluate((button) => getComputedStyle(button).outlineStyle)).to.equal("solid");
    await web.screenshot(page, "file-field-phone", true);
    for (const open of [() => page.keyboard.press("Enter"), () => shown.click()]) {
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), open()]);
      await chooser.setFiles({ name: "not.age", mimeType: "text/plain", buffer: Buffer.from("no welcome") });
      await page.getByRole("alert").waitFor();
      await page.getByRole("status").getByText("not.age", { exact: true }).waitFor();
    }
    await axe(page);
    await noSideways(page);
  });

  it("changes and removes ways to unlock, but for the last two, and the time until it locks", async () => {
    const { page } = await web.newPage();
    await page.clock.install();
    await begin(page);
    await withPassphrase(page);
    await mint(page);
    await page.getByRole("link", { name: "Settings" }).click();
    await title(page, "Settings");
    await page.getByRole("button", { name: /^Remove 24 words/ }).click();
    await page.getByText("at least two ways to unlock it").waitFor();
    await press(page, "Add a passkey");
    await page.getByRole("button", { name: /^Remove Passkey/ }).waitFor();
    await page.getByRole("button", { name: /^Remove 24 words/ }).click();
    await page.getByRole("button", { name: /^Remove 24 words/ }).waitFor({ state: "detached" });
    await page.getByText("Change the passphrase").click();
    await page.getByLabel("New passphrase").fill("another passphrase");
    await press(page, "Change it");
    await page.getByText("The new passphrase counts").waitFor();
    await page.getByLabel("Minutes without anybody").fill("2");
    await press(page, "Keep");
    await axe(page);
    await web.screenshot(page, "device-settings", true);
    await page.clock.runFor(90_000);
    await title(page, "Settings");
    await page.clock.runFor(60_000);
    await unlockBy(page, PASSPHRASE);
    await page.getByText("This passphrase does not open this device").waitFor();
    await unlockBy(page, "another passphrase");
    await title(page, "Settings");
    await page.clock.runFor(130_000);
    await title(page, "Unlock");
  });

  it("is removed from the browser on somebody's word, in all tabs", async () => {
    const { page } = await web.newPage();
    await begin(page);
    await withPassphrase(page);
    const other = await web.newTab(page);
    await title(other, "Unlock");
    await other.getByText("None of these works").click();
    await press(other, "Remove this browser's data");
    await other.getByLabel('Type "remove" to go on').fill("remove");
    await press(other, "Remove for ever");
    await title(other, "Memory Vault");
    await other.getByRole("button", { name: "Create a vault" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Create a vault" }).waitFor();
  });

  it("is for everybody: no screen of it keeps anybody out", async () => {
    const { page } = await web.newPage({ viewport: PHONE });
    await title(page, "Memory Vault");
    await axe(page);
    await press(page, "Recover with the 24 words");
    await title(page, "Recover with the 24 words");
    await axe(page);
    await noSideways(page);
    await press(page, "Back");
    await press(page, "Create a vault");
    await page.locator("ol.words strong").first().waitFor();
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "device-words-phone", true);
    await writeWords(page);
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "device-ways-phone", true);
    await withPassphrase(page);
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "device-mint-phone", true);
    await page.reload();
    await title(page, "Unlock");
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "device-unlock-phone", true);
  });
});
