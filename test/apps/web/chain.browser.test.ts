import { expect } from "chai";
import type { Page } from "playwright-core";

import { rpc } from "../../../apps/cli/rpc.ts";
import { axe, noSideways, PHONE, webWorld } from "../../helpers/web.ts";
import {
  add,
  commit,
  createVault,
  goTo,
  press,
  send,
  settled,
  title,
  unlock,
} from "../../helpers/web-steps.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

long("transactions of the web app", function () {
  this.timeout(120_000);
  const web = webWorld();

  const waiting = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor();
  const node = (method: string, params: readonly unknown[] = []) => rpc(web.world.chain.url, method, params);

  it("that were rejected send nothing, keep what waits, and are made by the next press", async () => {
    const { page, wallet } = await web.newPage();
    await createVault(page);
    await add(page, "travel", "By night train");
    await waiting(page, "1 change waits");
    const sent = wallet.sent;

    await press(page, "Commit");
    await page.getByRole("dialog", { name: "Send this transaction?" }).waitFor();
    // Enter, Enter pays for nothing.
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal("Send this transaction?");
    await axe(page);
    await web.screenshot(page, "chain-cost");
    await page.getByRole("dialog").getByRole("button", { name: "Not now" }).click();
    await page.getByText("You chose not to send it.").waitFor();

    wallet.rejectNext = 1;
    await press(page, "Commit");
    await send(page);
    await page.getByText("It was rejected in Test wallet. Nothing was sent.").first().waitFor();
    expect(wallet.sent).to.equal(sent);
    await axe(page);
    await web.screenshot(page, "chain-rejected");
    await page.reload();
    await unlock(page);
    await waiting(page, "1 change waits");
    await commit(page, wallet);
  });

  it("on another chain are not sent; one press switches the wallet", async () => {
    const { page, wallet } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
    await createVault(page);
    await add(page, "travel", "By night train");
    wallet.knowsChain = false;
    await wallet.setChain(5);
    await page.getByText("is on chain 5, and this network is chain 31337").first().waitFor();
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "chain-wrong");
    await press(page, "Commit");
    await page.getByText("Test wallet is on chain 5, and this vault is on chain 31337.").waitFor();
    await press(page, /^Switch to /);
    await page.getByText("is on chain 5, and this network").waitFor({ state: "detached" });
    await page.getByText("is on chain 5, and this vault").waitFor({ state: "detached" });
    expect(wallet.asked).to.include("wallet_addEthereumChain");
    await commit(page, wallet);
  });

  it("that were sent before a reload are followed after it, and not sent again", async () => {
    const { page, wallet } = await web.newPage();
    await createVault(page);
    await add(page, "travel", "By night train");
    await node("evm_setAutomine", [false]);
    try {
      await press(page, "Commit");
      await send(page);
      const transactions = page.getByRole("region", { name: "Transactions" });
      await transactions.getByText("Sent, and not in a block yet.").waitFor();
      const sent = wallet.sent;
      await page.reload();
      await unlock(page);
      await transactions.getByText("Sent, and not in a block yet.").waitFor();
      await web.screenshot(page, "chain-sent");
      await node("evm_mine");
      await transactions.getByText(/^Final, in block/).waitFor();
      await page.getByText(/changes? waits?$/).waitFor({ state: "detached" });
      await settled(page);
      expect(wallet.sent).to.equal(sent);
    } finally {
      await node("evm_setAutomine", [true]);
    }
  });

  it("survive a lost connection: reading says so and goes on by itself", async () => {
    const { page } = await web.newPage();
    await createVault(page);
    await add(page, "travel", "By night train");
    web.expect(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load resource/);
    await page.context().setOffline(true);
    await add(page, "travel", "And by ship");
    await page.getByText("The connection is lost.").waitFor();
    // What is written without a connection is there at once.
    await page.getByText("And by ship").waitFor();
    await waiting(page, "2 changes wait");
    await web.screenshot(page, "chain-lost");
    await page.context().setOffline(false);
    await page.getByText("The connection is lost.").waitFor({ state: "detached" });
    await waiting(page, "2 changes wait");
  });

  it("need no wallet to read, and the settings say what to install", async () => {
    const first = await web.newPage();
    const words = await createVault(first.page);
    expect(words).to.have.length(24);
    await goTo(first.page, "Settings");
    await axe(first.page);
    await web.screenshot(first.page, "chain-settings", true);
    await press(first.page, "Change");
    await first.page.getByLabel("Chain id").fill("1");
    await press(first.page, "Check and save");
    // What is wrong is said before anything is kept, and what was typed stays.
    await first.page.getByText(/is on chain 31337, and this vault is on chain 1/).waitFor();
    expect(await first.page.getByLabel("Chain id").inputValue()).to.equal("1");
    await axe(first.page);
    await noSideways(first.page);
    await first.page.reload();
    await unlock(first.page);
    await goTo(first.page, "Settings");
    await press(first.page, "Disconnect the wallet");
    await first.page.getByRole("button", { name: "Connect Test wallet" }).waitFor();
    await title(first.page, "Settings");
  });
});
