import { expect } from "chai";
import type { Page } from "playwright-core";

import { send, goTo, openSample, press } from "../../helpers/web-steps.ts";
import { axe, PHONE, webWorld } from "../../helpers/web.ts";
import { newReader } from "../../helpers/world.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

long("the web app: who can read", function () {
  this.timeout(180_000);
  const web = webWorld({ sample: true });

  const opened = async (options: Parameters<typeof web.newPage>[0] = {}) => {
    const made = await web.newPage(options);
    await openSample(web, made.page);
    await goTo(made.page, "Settings");
    await press(made.page, /^Connect /);
    await made.page.getByRole("button", { name: "Disconnect the wallet" }).waitFor();
    await goTo(made.page, "Access");
    await made.page.getByRole("list", { name: "Grants" }).waitFor();
    await made.page.getByRole("list", { name: "Proposals" }).getByRole("listitem").first().waitFor();
    return made;
  };

  /** Fills the dialog of a grant in, up to the sentences. */
  async function fillIn(page: Page, recipient: string, label: string): Promise<void> {
    await press(page, "Grant access");
    await page.getByLabel("Who is to read?").fill(recipient);
    await press(page, "Continue");
    await page.getByLabel("Your own words for it").fill(label);
    await page.getByRole("checkbox", { name: /^travel/ }).check();
    await press(page, "30 days");
    await press(page, "Continue");
  }

  it("grants by a pasted key, keeps the welcome to hand over, revokes, and accepts a proposal", async () => {
    const { page } = await opened();
    await web.screenshot(page, "access-light", true);
    await axe(page);
    const { recipient } = await newReader();
    await fillIn(page, recipient, "Sam’s doctor");
    await page.getByText(/Sam’s doctor will read all .* of travel until/).waitFor();
    await web.screenshot(page, "access-grant");
    await axe(page);
    await press(page, "Grant");
    await send(page);
    await page.getByRole("heading", { name: "Granted" }).waitFor();
    await page.getByRole("link", { name: /^Download/ }).waitFor({ timeout: 40_000 });
    await web.screenshot(page, "access-welcome");
    await press(page, "Close");
    await page.getByRole("button", { name: "Hand over the welcome of Sam’s doctor" }).waitFor();
    await press(page, "Revoke the grant of Sam’s doctor");
    await page.getByText(/What was read stays read/).waitFor();
    await web.screenshot(page, "access-revoke");
    await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
    await send(page);
    await page.getByRole("listitem", { name: "Sam’s doctor" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^Accept into travel/ }).click();
    await page.getByText(/^Accepted 1 memory/).waitFor();
    await page.getByText("Nothing waits in the inbox.").waitFor();
  });

  it("leaves no half grant where the wallet says no, and keeps what was typed", async () => {
    const { page, wallet } = await opened({ viewport: PHONE, colorScheme: "dark" });
    await web.screenshot(page, "access-phone-dark", true);
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
        .map((each) => `${each.tagName}.${each.className}`),
    );
    expect(wide).to.deep.equal([]);
    await axe(page);
    const { recipient } = await newReader();
    await fillIn(page, recipient, "Nobody");
    wallet.rejectNext = 1;
    await press(page, "Grant");
    await send(page);
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await web.screenshot(page, "access-rejected");
    await press(page, "Back");
    expect(await page.getByLabel("Your own words for it").inputValue()).to.equal("Nobody");
    await page.keyboard.press("Escape");
    expect(await page.getByRole("listitem", { name: "Nobody" }).count()).to.equal(0);
  });
});
