import { expect } from "chai";
import type { Page } from "playwright-core";

import { goTo, openSample, press, settled, unlock } from "../../helpers/web-steps.ts";
import { axe, webWorld, type Web } from "../../helpers/web.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const asking = (page: Page) => page.getByRole("dialog", { name: "Send this transaction?" });
const waiting = (page: Page) => page.getByRole("dialog", { name: "Another tab goes first" });

async function add(page: Page, text: string): Promise<void> {
  await goTo(page, "Memories");
  await press(page, "Add a memory");
  const dialog = page.getByRole("dialog", { name: "Add a memory" });
  await dialog.getByLabel("Scope").selectOption("=health");
  await dialog.getByLabel("Text").fill(text);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

const agree = (page: Page): Promise<void> =>
  asking(page).getByRole("button", { name: "Send", exact: true }).click();

long("two tabs of one vault", () => {
  const web: Web = webWorld({ sample: true });

  /** A tab that asks about a commit's cost, and another that has something to commit as well. */
  const twoTabs = async () => {
    const { page, wallet } = await web.newPage();
    await openSample(web, page);
    await goTo(page, "Settings");
    await press(page, /^Connect /);
    await page.getByRole("button", { name: /^Disconnect/ }).waitFor();
    await add(page, "From the first tab");
    await press(page, "Commit");
    await asking(page).waitFor();
    const other = await web.newTab(page);
    await unlock(other);
    await settled(other);
    // What sends nothing waits for nobody.
    await add(other, "From the second tab");
    return { page, other, wallet };
  };

  it("says in the second why it waits, can be given up, and goes on by itself", async () => {
    const { page, other, wallet } = await twoTabs();
    const pressed = Date.now();
    await press(other, "Commit");
    await waiting(other).waitFor();
    expect(Date.now() - pressed).to.be.within(1_500, 6_000);
    const names = await other.evaluate(async () =>
      [...(await navigator.locks.query()).held!].map(({ name }) => name!),
    );
    expect(names.some((name) => /^memory-vault\/turn\/[0-9a-f]{64}$/.test(name))).to.equal(true);
    expect(names.filter((name) => name.includes("0x") || /\d{40}/.test(name))).to.deep.equal([]);
    await axe(other);
    await web.screenshot(other, "another-tab");
    await waiting(other).getByRole("button", { name: "Stop waiting" }).click();
    await other.getByText(/^Another tab of this page is at work with this vault\./).waitFor();
    await other.getByText(/changes? waits?$/).waitFor();
    await press(other, "Commit");
    await waiting(other).waitFor();
    expect(await asking(page).count()).to.equal(1);
    await agree(page);
    await waiting(other).waitFor({ state: "detached" });
    await asking(other).waitFor();
    // What the first one committed meanwhile is not told again.
    expect(await asking(other).textContent())
      .to.match(/Commits 1 change\./)
      .and.not.include("Lets this browser in");
    await agree(other);
    await other.getByText(/^Commit [\d,]+ has landed/).waitFor();
    await other.getByText(/changes? waits?$/).waitFor({ state: "detached" });
    expect(wallet.sent).to.equal(2);
  });

  it("goes on in the second when the first is closed, and keeps what was typed meanwhile", async () => {
    const { page, other, wallet } = await twoTabs();
    // Longer than the journal's own patience.
    await press(other, "Commit");
    await waiting(other).waitFor();
    await other.waitForTimeout(11_000);
    expect(await waiting(other).count()).to.equal(1);
    await page.close();
    await waiting(other).waitFor({ state: "detached" });
    await asking(other).waitFor();
    await agree(other);
    await other.getByText(/^Commit [\d,]+ has landed/).waitFor();
    await goTo(other, "Memories");
    for (const text of ["From the first tab", "From the second tab"])
      await other.getByText(text).first().waitFor();
    expect(wallet.sent).to.equal(1);
  });
});
