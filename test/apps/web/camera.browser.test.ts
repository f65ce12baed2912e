import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { hexlify } from "ethers";
import type { Locator, Page } from "playwright-core";
import { encodeQR } from "qr";

import { recipientBytes, recipientDigest } from "../../../client/index.ts";
import { welcomeText } from "../../../client/manage.ts";
import { createVault, goTo, lockBrowser, press, title } from "../../helpers/web-steps.ts";
import { axe, noSideways, PHONE, webWorld } from "../../helpers/web.ts";
import { newReader } from "../../helpers/world.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

/** What a laptop's camera has. */
const FRAME = { width: 1_280, height: 720 };

/** Pixels to a module. */
const SCALE = 5;

/** A film of a code that is held up to a camera, of a few frames: the browser begins again at its end. */
function filmOf(text: string): Buffer {
  const modules = encodeQR(text, "raw", { ecc: "low", encoding: "alphanumeric", border: 4 });
  const { width, height } = FRAME;
  const luma = Buffer.alloc(width * height, 0xb0);
  const [left, top] = [width, height].map((side) => Math.floor((side - modules.length * SCALE) / 2));
  for (let y = 0; y < modules.length * SCALE; y++)
    for (let x = 0; x < modules.length * SCALE; x++)
      luma[(top! + y) * width + left! + x] =
        modules[Math.floor(y / SCALE)]![Math.floor(x / SCALE)] === true ? 0x20 : 0xe0;
  const colourless = Buffer.alloc((width * height) / 2, 0x80);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, colourless]);
  const head = `YUV4MPEG2 W${String(width)} H${String(height)} F10:1 Ip A1:1 C420mpeg2\n`;
  return Buffer.concat([Buffer.from(head), frame, frame, frame]);
}

async function openGrant(page: Page): Promise<Locator> {
  await createVault(page);
  await goTo(page, "Access");
  await page.getByText("Nothing waits in the inbox.").waitFor();
  expect(await page.getByRole("alert").count(), "a vault without a commit is no fault").to.equal(0);
  await press(page, "Grant access");
  return page.getByRole("dialog", { name: "Grant access" });
}

long("a camera of the web app", function () {
  this.timeout(120_000);

  describe("that sees a reader's code", () => {
    const film = path.join(tmpdir(), `memory-vault-camera-${String(process.pid)}.y4m`);
    let recipient = "";
    before(async () => {
      ({ recipient } = await newReader());
      await writeFile(film, filmOf(recipient.toUpperCase()));
    });
    after(() => rm(film, { force: true }));
    const web = webWorld({ camera: film });

    it("reads the key from it, and is let go", async () => {
      const { page } = await web.newPage({ viewport: PHONE });
      const dialog = await openGrant(page);
      await dialog.getByRole("button", { name: "Scan with the camera" }).click();
      await dialog.locator("video").waitFor();
      const who = dialog.getByLabel("Who is to read?");
      await dialog.locator("video").waitFor({ state: "detached" });
      expect((await who.inputValue()).toLowerCase()).to.equal(recipient);
      await dialog.getByRole("button", { name: "Continue" }).click();
      await dialog.getByText(hexlify(recipientDigest(recipientBytes(recipient)))).waitFor();
    });
  });

  describe("that sees a welcome's code", () => {
    const film = path.join(tmpdir(), `memory-vault-camera-${String(process.pid)}-welcome.y4m`);
    before(async () => {
      // A broken one, which is named so: the frame has room for no whole one.
      await writeFile(film, filmOf(welcomeText(new Uint8Array(300))));
    });
    after(() => rm(film, { force: true }));
    const web = webWorld({ camera: film });

    it("opens it", async () => {
      const { page } = await web.newPage({ viewport: PHONE });
      await press(page, "Read a vault that was granted to you");
      await lockBrowser(page, { passkey: true });
      await title(page, "Read a vault that was granted to you");
      await press(page, "Scan with the camera");
      await page.getByRole("alert").getByText("it is broken").waitFor();
      expect(await page.locator("video").count()).to.equal(0);
      await noSideways(page);
    });
  });

  describe("that is not there", () => {
    const web = webWorld();

    it("is not asked for any more: a picture does as well", async () => {
      const { page } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
      const dialog = await openGrant(page);
      await dialog.getByRole("button", { name: "Scan with the camera" }).click();
      await dialog.getByText("No camera can be used here.").waitFor();
      expect(await dialog.locator("video").count()).to.equal(0);
      await axe(page, "dialog");
      await noSideways(page);
    });
  });
});
