import { expect } from "chai";
import type { Page } from "playwright-core";

import type { TestWallet } from "./web-wallet.ts";
import type { Web } from "./web.ts";

/** What the browsers of tests are locked with. */
export const PASSPHRASE = "correct horse battery";

/** Presses a button by its name. */
export const press = (page: Page, name: string | RegExp): Promise<void> =>
  page
    .getByRole("button", { name, exact: typeof name === "string" })
    .first()
    .click();

/** Waits for the page of a title. */
export const title = (page: Page, name: string): Promise<void> =>
  page.getByRole("heading", { level: 1, name, exact: true }).waitFor();

/** Goes to a page by the bar. */
export async function goTo(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();
  await title(page, name);
}

/** Waits until the vault was read: what is shown has a commit's number. */
export const settled = (page: Page): Promise<void> =>
  page
    .getByText(/^As of commit [\d,]+\.$/)
    .first()
    .waitFor();

/** Locks a browser that is being set up by the words and a passphrase; with a passkey as well, if it is to have one. */
export async function lockBrowser(page: Page, { passkey = false } = {}): Promise<void> {
  await title(page, "Lock this browser");
  if (passkey) {
    await press(page, "Add a passkey");
    await page.getByText("Passkey added").waitFor();
  }
  await page.getByLabel("New passphrase").fill(PASSPHRASE);
  await press(page, "Lock this browser with these");
}

/** Opens the sample vault in a browser that has nothing yet. */
export async function openSample(web: Web, page: Page): Promise<void> {
  if (web.world.sample === null) throw new TypeError("webWorld({ sample: true }) has a sample vault");
  await recoverSample(page);
}

/** Opens the vault that the page's host has as a sample. */
export async function recoverSample(page: Page): Promise<void> {
  await press(page, "Open the sample vault");
  await press(page, "Go on");
  await lockBrowser(page);
  await title(page, "Memories");
  await settled(page);
}

/** Writes the words down, and three of them back. */
export async function writeWords(page: Page): Promise<readonly string[]> {
  const list = page.locator("ol.words strong");
  await list.first().waitFor();
  const words = await list.allTextContents();
  expect(words.length).to.equal(24);
  await press(page, "I wrote them down");
  await title(page, "Three of your words");
  for (const field of await page.getByRole("textbox").all()) {
    const id = (await field.getAttribute("id")) ?? "";
    const label = (await page.locator(`label[for="${id}"]`).textContent()) ?? "";
    await field.fill(words[Number(label.replace("Word ", "")) - 1] ?? "");
  }
  await press(page, "Go on");
  return words;
}

/** Answers the dialog of costs, which must name one. */
export async function send(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Send this transaction?" });
  await dialog.waitFor();
  expect(await dialog.textContent()).to.match(/Cost now.*At most.*Gas/);
  await dialog.getByRole("button", { name: "Send", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

/** Creates a vault in a browser that has nothing yet. */
export async function createVault(page: Page, { passkey = false } = {}): Promise<readonly string[]> {
  await press(page, "Create a vault");
  const words = await writeWords(page);
  await lockBrowser(page, { passkey });
  await title(page, "Mint your vault");
  await press(page, /^Connect /);
  await press(page, "Mint the vault");
  await send(page);
  await title(page, "Memories");
  return words;
}

/** Unlocks by the passphrase. */
export async function unlock(page: Page): Promise<void> {
  await title(page, "Unlock");
  await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
  await press(page, "Unlock with the passphrase");
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}

/** Commits what waits, and waits until it is in the vault. */
export async function commit(page: Page, wallet: TestWallet): Promise<void> {
  const before = wallet.sent;
  await press(page, "Commit");
  await send(page);
  await page.getByText(/changes? waits?$/).waitFor({ state: "detached" });
  expect(wallet.sent).to.equal(before + 1);
  await settled(page);
}

/** Writes a memory down by the page's own form. */
export async function add(page: Page, scope: string, text: string): Promise<void> {
  await press(page, "Add a memory");
  const dialog = page.getByRole("dialog", { name: "Add a memory" });
  await dialog.getByLabel("Scope").selectOption(`=${scope}`);
  await dialog.getByLabel("Text").fill(text);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

/** Looks for memories by words, and waits for how many there are. */
export async function search(page: Page, text: string, found: string | RegExp): Promise<void> {
  await page.getByRole("searchbox", { name: "Search memories" }).fill(text);
  await page.getByText(found).first().waitFor();
}

/** Drops files onto an element, as from a folder on the desk. */
export async function dropFiles(
  page: Page,
  selector: string,
  files: readonly { readonly name: string; readonly text: string }[],
): Promise<void> {
  const data = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer();
    for (const { name, text } of given) transfer.items.add(new File([text], name));
    return transfer;
  }, files);
  for (const event of ["dragenter", "dragover", "drop"])
    await page.dispatchEvent(selector, event, { dataTransfer: data });
}
