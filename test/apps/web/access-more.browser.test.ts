import { readFile } from "node:fs/promises";

import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify } from "ethers";
import type { Locator, Page } from "playwright-core";
import { encodeQR } from "qr";

import { decodeRequest, makeRequest, type AccessRequest } from "../../../client/agents.ts";
import {
  PERMISSION,
  recipientBytes,
  recipientDigest,
  registryContract,
  vaultContract,
} from "../../../client/index.ts";
import { welcomeText } from "../../../client/manage.ts";
import {
  goTo,
  lockBrowser,
  openSample,
  press,
  send,
  settled,
  title,
  unlock,
} from "../../helpers/web-steps.ts";
import { axe, noSideways, PHONE, webWorld, type Web } from "../../helpers/web.ts";
import { newReader } from "../../helpers/world.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const DAY = 86_400;

const digestOf = (recipient: string): string => hexlify(recipientDigest(recipientBytes(recipient)));

/** The sample vault's page of access, with its wallet. */
async function openAccess(web: Web, options: Parameters<Web["newPage"]>[0] = {}) {
  const made = await web.newPage(options);
  await openSample(web, made.page);
  await goTo(made.page, "Settings");
  await press(made.page, /^Connect /);
  await made.page.getByRole("button", { name: "Disconnect the wallet" }).waitFor();
  await goTo(made.page, "Access");
  await made.page.getByRole("list", { name: "Grants" }).waitFor();
  return made;
}

const grantOf = (page: Page, name: string): Locator =>
  page.getByRole("list", { name: "Grants" }).getByRole("listitem", { name, exact: true });

/** Fills the dialog of a grant in, up to the sentences. */
async function fillIn(page: Page, who: string, label: string, scope = "travel"): Promise<Locator> {
  await press(page, "Grant access");
  const dialog = page.getByRole("dialog", { name: "Grant access" });
  await dialog.getByLabel("Who is to read?").fill(who);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await dialog.getByLabel("Your own words for it").fill(label);
  await dialog.getByRole("checkbox", { name: new RegExp(`^${scope}`) }).check();
  await dialog.getByRole("button", { name: "30 days" }).click();
  await dialog.getByRole("button", { name: "Continue" }).click();
  return dialog;
}

/** Grants a scope by a key, and waits for the welcome. */
async function grantTo(page: Page, who: string, label: string): Promise<Locator> {
  const dialog = await fillIn(page, who, label);
  await dialog.getByRole("button", { name: "Grant", exact: true }).click();
  await send(page);
  const granted = page.getByRole("dialog", { name: "Granted" });
  await granted.getByRole("link", { name: /^Download/ }).waitFor({ timeout: 40_000 });
  return granted;
}

/** A key's code as a picture that the page's own canvas made. */
async function pictureOf(page: Page, text: string): Promise<Buffer> {
  const modules = encodeQR(text, "raw", { ecc: "low", encoding: "alphanumeric", border: 4 });
  const url = await page.evaluate((rows) => {
    const [scale, canvas] = [4, document.createElement("canvas")];
    canvas.width = canvas.height = rows.length * scale;
    const context = canvas.getContext("2d")!;
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = "black";
    for (const [y, row] of rows.entries())
      for (const [x, dark] of row.entries()) if (dark) context.fillRect(x * scale, y * scale, scale, scale);
    return canvas.toDataURL("image/png");
  }, modules);
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/** Drops a picture, as from a folder on the desk. */
async function dropPicture(page: Page, selector: string, name: string, bytes: Buffer): Promise<void> {
  const data = await page.evaluateHandle(
    ([called, base64]) => {
      const transfer = new DataTransfer();
      const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([content], called, { type: "image/png" }));
      return transfer;
    },
    [name, bytes.toString("base64")] as const,
  );
  for (const event of ["dragenter", "dragover", "drop"])
    await page.dispatchEvent(selector, event, { dataTransfer: data });
}

long("the web app: requests to read", function () {
  this.timeout(240_000);
  const web = webWorld({ sample: true });

  const asked = (): AccessRequest => decodeRequest(web.world.sample!.request).request;

  /** What the sample's stranger would sign, with something else in it. */
  async function signed(changes: Partial<AccessRequest>): Promise<string> {
    return makeRequest({ ...asked(), ...changes }, await web.world.chain.provider.getSigner(3), randomBytes);
  }

  /** Pastes a request, and has it shown. */
  async function show(page: Page, line: string): Promise<Locator> {
    await page.getByLabel("Look at a request").fill(line);
    await press(page, "Show it in full");
    const dialog = page.getByRole("dialog", { name: "A request to read" });
    await dialog.getByText("Checking it against the chain…").waitFor({ state: "detached" });
    return dialog;
  }

  const kept = (page: Page): Locator =>
    page.getByRole("list", { name: "Requests kept here" }).getByRole("listitem");

  it("names what is wrong with one that is over, for another vault, or changed by a character", async () => {
    const { page } = await openAccess(web);
    const { request: line } = web.world.sample!;
    const present = Math.floor(web.world.chain.now() / 1_000);
    // In the nonce, which the signature covers: 67 bytes before the end are the signature's.
    const at = line.length - 111;
    const turned = `${line.slice(0, at)}${line[at] === "A" ? "B" : "A"}${line.slice(at + 1)}`;
    const wrong = [
      [await signed({ expiresAt: present - DAY }), "Request over", /asked to read until .* which is over/],
      [
        await signed({ ref: { ...asked().ref, vaultId: 7n } }),
        "Request elsewhere",
        /The request is for vault 0x0+7, this is vault 0x/,
      ],
      [turned, "Not signed by", /Somebody else wrote or changed it/],
    ] as const;
    for (const [text, name, message] of wrong) {
      const dialog = await show(page, text);
      const alert = dialog.getByRole("alert");
      await alert.getByText(name, { exact: true }).waitFor();
      expect(await alert.textContent()).to.match(message);
      expect(await dialog.getByRole("button", { name: "Grant exactly that" }).count()).to.equal(0);
      await dialog.getByRole("button", { name: "Close" }).click();
    }
    expect(await kept(page).count()).to.equal(0);
    expect(await grantOf(page, "Concierge").count()).to.equal(1);
  });

  it("refuses one that is too long to be granted, and one as it is: kept as refused, and taken once", async () => {
    const { page, wallet } = await openAccess(web);
    const present = Math.floor(web.world.chain.now() / 1_000);
    const endless = await show(page, await signed({ expiresAt: present + 4_000 * DAY }));
    await endless.getByRole("alert").getByText("Request too long").waitFor();
    await endless.getByRole("button", { name: "Refuse" }).click();
    await endless.waitFor({ state: "detached" });
    await kept(page).getByText("refused", { exact: true }).waitFor();

    const line = await signed({ purpose: "To be refused" });
    const dialog = await show(page, line);
    await dialog.getByRole("button", { name: "Decide later" }).click();
    await kept(page).getByText("waits for you").waitFor();
    await kept(page)
      .getByRole("button", { name: /^Decide on the request of/ })
      .click();
    await dialog.getByText("To be refused").waitFor();
    await dialog.getByRole("button", { name: "Refuse" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.waitForFunction(() => document.body.textContent.match(/asks to read/g)?.length === 2);
    expect(await kept(page).getByText("refused", { exact: true }).count()).to.equal(2);
    await (await show(page, line)).getByText(/was refused before, and is taken once/).waitFor();
    expect(wallet.sent).to.equal(0);
    await page.reload();
    await unlock(page);
    await title(page, "Access");
    await kept(page).first().waitFor();
    expect(await kept(page).getByText("refused", { exact: true }).count()).to.equal(2);
  });

  it("shows one in full, grants exactly what it asks for, and the grant stands on chain", async () => {
    const { page, wallet } = await openAccess(web);
    const { account, expiresAt, recipientDigest: digest, ref } = asked();
    const dialog = await show(page, web.world.sample!.request);
    const text = (await dialog.textContent()) ?? "";
    for (const part of [digest, "To find books and courses that suit you", "learning", "interests"])
      expect(text).to.contain(part);
    expect(text)
      .to.match(/its operator 0x\w{40} reads what it is granted/)
      .and.match(/nobody checked/);
    await axe(page);
    await dialog.getByLabel("Your own words for it").fill("The bookshop");
    const isNew = dialog.getByRole("checkbox", { name: /^Make the scopes/ });
    if ((await isNew.count()) > 0) await isNew.check();
    await dialog.getByRole("button", { name: "Grant exactly that" }).click();
    await send(page);
    const welcome = page.getByRole("dialog", { name: "Hand the welcome over" });
    await welcome.getByText("It is for The bookshop.").waitFor();
    await welcome.getByRole("link", { name: /^Download/ }).waitFor({ timeout: 40_000 });
    await welcome.getByRole("button", { name: "Close" }).click();
    const line = (await grantOf(page, "The bookshop").textContent()) ?? "";
    expect(line)
      .to.match(/listed on chain/)
      .and.match(/interests, learning|learning, interests/);
    expect(line).not.to.contain("may propose");
    await kept(page).getByText("accepted", { exact: true }).waitFor();
    const { memoryVault } = web.world.deployment;
    const granted = await vaultContract(memoryVault, web.world.chain.provider).grantOf(ref.vaultId, account);
    expect(granted.expiresAt).to.equal(BigInt(expiresAt));
    expect(granted.permissions).to.equal(BigInt(PERMISSION.read));
    expect(wallet.sent).to.equal(1);
    await (await show(page, web.world.sample!.request)).getByText(/was accepted before/).waitFor();
  });
});

long("the web app: grants, from the key to the reader's page", function () {
  this.timeout(240_000);
  const web = webWorld({ sample: true });

  it("takes a key from a picture of its code, chosen or dropped, and names a picture without one", async () => {
    const { page } = await openAccess(web);
    const { recipient } = await newReader();
    const picture = await pictureOf(page, recipient.toUpperCase());
    const blank = await page.screenshot({ clip: { x: 0, y: 0, width: 200, height: 200 } });
    await press(page, "Grant access");
    const dialog = page.getByRole("dialog", { name: "Grant access" });
    const who = dialog.getByLabel("Who is to read?");
    const chosen = dialog.getByLabel("Or drop a picture of its QR code, or a file");
    await chosen.setInputFiles({ name: "blank.png", mimeType: "image/png", buffer: blank });
    await dialog
      .getByRole("alert")
      .getByText(/No QR code could be read in blank.png/)
      .waitFor();
    await chosen.setInputFiles({ name: "key.png", mimeType: "image/png", buffer: picture });
    await dialog.getByText("Read key.png.").waitFor();
    expect(await dialog.getByRole("alert").count()).to.equal(0);
    expect((await who.inputValue()).toLowerCase()).to.equal(recipient);
    await who.fill("");
    await dropPicture(page, "dialog .drop", "dropped.png", picture);
    await dialog.getByText("Read dropped.png.").waitFor();
    await dialog.getByRole("button", { name: "Continue" }).click();
    await dialog.getByText(digestOf(recipient)).waitFor();
  });

  it("a welcome survives a reload, and is a code that another browser opens, until the revoke", async () => {
    const { page } = await openAccess(web);
    const reader = await web.newPage({ wallet: false });
    await press(reader.page, "Read a vault that was granted to you");
    await lockBrowser(reader.page, { passkey: true });
    await title(reader.page, "Read a vault that was granted to you");
    const key = (await reader.page.locator(".recipient").textContent())!;
    const granted = await grantTo(page, key, "A friend on the train");
    await granted.getByRole("button", { name: "Close" }).click();
    await page.reload();
    await unlock(page);
    await title(page, "Access");
    await press(page, "Hand over the welcome of A friend on the train");
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: /^Download/ }).click();
    const file = await downloading;
    const text = welcomeText(new Uint8Array(await readFile(await file.path())));
    expect(file.suggestedFilename()).to.match(/^welcome-.*\.age$/);
    await page.getByRole("img", { name: "The welcome as a QR code" }).waitFor();
    await press(page, "It was handed over");
    await page.getByRole("heading", { name: "Welcomes to hand over" }).waitFor({ state: "detached" });

    const welcome = reader.page.getByLabel("The welcome's file");
    const blank = await reader.page.screenshot({ clip: { x: 0, y: 0, width: 200, height: 200 } });
    await welcome.setInputFiles({ name: "blank.png", mimeType: "image/png", buffer: blank });
    await reader.page
      .getByRole("alert")
      .getByText(/No QR code could be read in blank.png/)
      .waitFor();
    const picture = await pictureOf(page, text);
    await welcome.setInputFiles({ name: "code.png", mimeType: "image/png", buffer: picture });
    await title(reader.page, "Memories");
    await settled(reader.page);
    for (const write of ["Add a memory", "Import", "Commit"])
      expect(await reader.page.getByRole("button", { name: write, exact: true }).count(), write).to.equal(0);
    await goTo(reader.page, "Access");
    await reader.page.getByText(/You read this vault by its owner’s grant/).waitFor();
    const own = reader.page.getByRole("region", { name: "What you may read" });
    await own.getByText(/^travel: \d+ memories$/).waitFor();
    expect(await own.getByRole("listitem").count()).to.equal(1);
    expect(await reader.page.getByRole("main").getByRole("button").count()).to.equal(0);
    await axe(reader.page);

    await goTo(page, "Settings");
    const connect = page.getByRole("button", { name: /^Connect / });
    if ((await connect.count()) > 0) await connect.click();
    await goTo(page, "Access");
    await press(page, "Revoke the grant of A friend on the train");
    await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
    await send(page);
    await grantOf(page, "A friend on the train").waitFor({ state: "detached" });
    await reader.page.reload();
    await unlock(reader.page);
    const alert = reader.page.getByRole("alert");
    await alert.getByText("No member any more", { exact: true }).waitFor();
    await reader.page.getByText(/^You do not read this vault any more/).waitFor();
    expect(await alert.count()).to.equal(1);
    expect(await own.count()).to.equal(0);
    expect(await alert.textContent()).to.match(/ask them for a new one/);
    await web.screenshot(reader.page, "access-reader-revoked", true);
  });

  it("changes a grant: one more scope, and a later end", async () => {
    const { page } = await openAccess(web);
    const doctor = grantOf(page, "Doctor Amrani");
    const before = (await doctor.textContent()) ?? "";
    expect(before).not.to.contain("travel");
    await press(page, "Change the grant of Doctor Amrani");
    const dialog = page.getByRole("dialog", { name: "Change the grant" });
    await dialog.getByText(/only leaves a new welcome/).waitFor();
    await dialog.getByRole("checkbox", { name: /^travel/ }).check();
    await dialog.getByRole("button", { name: "90 days" }).click();
    await dialog.getByText(/Doctor Amrani will also read all .* of travel/).waitFor();
    await dialog.getByText(/longer than now/).waitFor();
    await dialog.getByRole("button", { name: "Change the grant", exact: true }).click();
    await send(page);
    await dialog.waitFor({ state: "detached" });
    await doctor.getByText(/travel/).waitFor();
    const after = (await doctor.textContent()) ?? "";
    expect(/until [^s]*/.exec(after)?.[0]).not.to.equal(/until [^s]*/.exec(before)?.[0]);
    await page.reload();
    await unlock(page);
    await doctor.getByText(/travel/).waitFor();
  });

  it("looks up which commit the agent says that it has seen", async () => {
    const { page } = await openAccess(web);
    await press(page, "What has it seen? Concierge");
    const concierge = grantOf(page, "Concierge");
    await concierge.getByText(/^says that it has seen commit \d+ of \d+\.$/).waitFor();
    await concierge.getByText("3 exchanges").click();
    await concierge.getByText(/not answered/).waitFor();
    expect(await concierge.getByText(/rests on commit \d+, the newest then/).count()).to.equal(2);
    await axe(page);
  });

  it("makes a rule and takes it back, refuses a proposal, and both survive a reload", async () => {
    const { page, wallet } = await openAccess(web);
    const rules = page.getByRole("group").filter({ hasText: "Rules: accept without a look" });
    await page.getByText("Rules: accept without a look").click();
    await rules.getByText("No rule: every proposal waits for you.").waitFor();
    await rules.getByLabel("Reader and scope").selectOption({ label: "Concierge: interests" });
    await rules.getByRole("button", { name: "Accept those without a look" }).click();
    const back = rules.getByRole("button", { name: "Take back the rule for Concierge and interests" });
    await back.waitFor();
    await page.reload();
    await unlock(page);
    await page.getByText("Rules: accept without a look").click();
    await back.click();
    await rules.getByText("No rule: every proposal waits for you.").waitFor();
    await press(page, /^Refuse proposal/);
    await page.getByText("Refused, for good on this device. Its sender may write another.").waitFor();
    await page.getByText("Nothing waits in the inbox.").waitFor();
    await page.reload();
    await unlock(page);
    await page.getByText("Nothing waits in the inbox.").waitFor();
    expect(wallet.sent).to.equal(0);
  });

  it("is granted by the keyboard alone, and the focus is never lost", async () => {
    const { page } = await openAccess(web);
    const { recipient } = await newReader();
    const keys = new Keyboard(page);
    await page.getByRole("heading", { level: 1 }).focus();
    await keys.to("Grant access");
    await page.keyboard.press("Enter");
    await keys.to("Who is to read?");
    await page.keyboard.insertText(recipient);
    await keys.to("Continue");
    await page.keyboard.press("Enter");
    await page.getByLabel("Your own words for it").waitFor();
    await keys.within("Grant access");
    await keys.to("Your own words for it");
    await page.keyboard.insertText("A pen friend");
    await keys.to("travel");
    await page.keyboard.press("Space");
    await keys.to("7 days");
    await page.keyboard.press("Enter");
    await keys.to("Continue");
    await page.keyboard.press("Enter");
    await page.getByText(/A pen friend will read all/).waitFor();
    await keys.within("Grant access");
    await keys.to("Grant");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Send this transaction?" }).waitFor();
    await keys.to("Send");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: /^Download/ }).waitFor({ timeout: 40_000 });
    await keys.within("Granted");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await keys.name()).to.equal("Grant access");
    await grantOf(page, "A pen friend").waitFor();
  });

  it("keeps each dialog within a phone in the dark", async () => {
    const { page } = await openAccess(web, { viewport: PHONE, colorScheme: "dark" });
    const look = async (name: string): Promise<void> => {
      await page.waitForTimeout(150);
      await web.screenshot(page, `access-dark-${name}`);
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll("dialog *")]
          .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
          .map((each) => `${each.tagName}.${each.getAttribute("class") ?? ""}`),
      );
      expect(wide, name).to.deep.equal([]);
      await noSideways(page);
      await axe(page);
    };
    const whole = async (name: string): Promise<void> => {
      await look(name);
      await page.evaluate(() => document.querySelector("dialog")?.scrollTo(0, 1e6));
      await look(`${name}-end`);
    };
    await page.getByRole("list", { name: "Proposals" }).getByRole("listitem").first().waitFor();
    await web.screenshot(page, "access-dark-page", true);
    await press(page, "Grant access");
    await whole("who");
    await press(page, "Cancel");
    const { recipient } = await newReader();
    const dialog = await fillIn(page, recipient, "Somebody with a name that is quite long, on a phone");
    await whole("confirm");
    await dialog.getByRole("button", { name: "Back" }).click();
    await whole("terms");
    await page.keyboard.press("Escape");
    await page.getByLabel("Look at a request").fill(web.world.sample!.request);
    await press(page, "Show it in full");
    await page.getByRole("button", { name: "Grant exactly that" }).waitFor();
    await whole("request");
    await press(page, "Decide later");
    await press(page, "Change the grant of Doctor Amrani");
    await whole("change");
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await press(page, "Revoke the grant of Doctor Amrani");
    await look("revoke");
    await press(page, "Keep");
    await press(page, "What has it seen? Concierge");
    await grantOf(page, "Concierge")
      .getByText(/says that it has seen/)
      .waitFor();
    await page.getByText("Rules: accept without a look").click();
    await web.screenshot(page, "access-dark-page-open", true);
    await grantTo(page, recipient, "Somebody");
    await whole("granted");
  });

  it("revokes several at once, and grants anew to the agent's contract, whose key it looks up", async () => {
    const { page, wallet } = await openAccess(web);
    const { account: stranger } = decodeRequest(web.world.sample!.request).request;
    const { accounts, chain, deployment, sample } = web.world;
    const concierge = (await grantOf(page, "Concierge").locator("code").first().getAttribute("title"))!;
    await press(page, "Grant access");
    const dialog = page.getByRole("dialog", { name: "Grant access" });
    const tried = [
      [concierge, "Already member"],
      [accounts[1], "Key not published"],
      [stranger.slice(0, 20), "No grantee"],
    ] as const;
    for (const [who, fault] of tried) {
      await dialog.getByLabel("Who is to read?").fill(who);
      await dialog.getByRole("button", { name: "Continue" }).click();
      await dialog.getByRole("alert").getByText(fault, { exact: true }).waitFor();
    }
    await dialog.getByRole("button", { name: "Cancel" }).click();

    const many = await page.getByRole("list", { name: "Grants" }).getByRole("checkbox").count();
    const { sent } = wallet;
    await page.getByRole("checkbox", { name: "Choose Concierge" }).check();
    await page.getByRole("checkbox", { name: "Choose Doctor Amrani" }).check();
    await press(page, "Revoke 2 grants");
    const revoking = page.getByRole("dialog", { name: "Revoke 2 grants?" });
    await revoking.getByText(/copies of it may be kept/).waitFor();
    await revoking.getByRole("button", { name: "Revoke", exact: true }).click();
    await send(page);
    await grantOf(page, "Concierge").waitFor({ state: "detached" });
    await grantOf(page, "Doctor Amrani").waitFor({ state: "detached" });
    expect(wallet.sent).to.equal(sent + 1);
    expect(await page.getByRole("checkbox", { name: /^Choose (?!proposal)/ }).count()).to.equal(many - 2);
    const contract = vaultContract(deployment.memoryVault, chain.provider);
    expect(await contract.canRead(sample!.vaultId, concierge)).to.equal(false);

    const again = await fillIn(page, concierge, "Concierge, again");
    const registry = registryContract(deployment.keyRegistry, chain.provider);
    await again.getByText((await registry.keyOf(concierge)).recipientDigest).waitFor();
    await again.getByText(/a contract: its operator reads/).waitFor();
    await again.getByText(/Everybody can see on chain/).waitFor();
    await again.getByRole("button", { name: "Grant", exact: true }).click();
    await send(page);
    const granted = page.getByRole("dialog", { name: "Granted" });
    await granted.getByText(/It is in the store as well/).waitFor();
    await granted.getByRole("button", { name: "Close" }).click();
    await grantOf(page, "Concierge, again")
      .getByText(/listed on chain/)
      .waitFor();
    expect(await contract.canRead(sample!.vaultId, concierge)).to.equal(true);
    expect(wallet.sent).to.equal(sent + 2);
  });
});

/** A person without a mouse. */
class Keyboard {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** What the focused element is called. */
  readonly name = (): Promise<string> =>
    this.#page.evaluate(() => {
      const focused = document.activeElement as HTMLInputElement | null;
      const label = focused?.labels?.[0]?.textContent ?? focused?.textContent ?? "";
      return (focused?.getAttribute("aria-label") ?? label).trim();
    });

  /** Goes on by Tab to what is called so; what it passes over must be seen to have the focus. */
  readonly to = async (name: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      const now = await this.name();
      if (now === name || (name === "travel" && /^travel \d/.test(now))) return this.#seen(name);
      await this.#page.keyboard.press("Tab");
    }
    throw new Error(`Tab does not come to "${name}": the focus is on "${await this.name()}"`);
  };

  /** Fails unless the focus is in the dialog of a title, which a screen reader then goes on in. */
  readonly within = async (dialog: string): Promise<void> => {
    const inside = this.#page.getByRole("dialog", { name: dialog }).locator(":focus");
    expect(await inside.count(), `focus in "${dialog}"`).to.equal(1);
  };

  async #seen(name: string): Promise<void> {
    const outline = await this.#page.evaluate(
      () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
    );
    expect(outline, `outline of "${name}"`).not.to.equal("none");
  }
}
