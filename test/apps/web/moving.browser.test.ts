import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import type { Locator, Page } from "playwright-core";

import { startBlobs } from "../../../scripts/web/blobs.ts";
import { storeName } from "../../../scripts/web/world.ts";
import { axe, noSideways, PHONE, webWorld } from "../../helpers/web.ts";
import { commit, createVault, dropFiles, goTo, press } from "../../helpers/web-steps.ts";
import type { IpfsServer } from "../../helpers/ipfs-server.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

const EXPORT = "examples/chatgpt-export/conversations.json";

const openImport = async (page: Page): Promise<Locator> => {
  await press(page, "Import");
  const dialog = page.getByRole("dialog", { name: "Import memories" });
  await dialog.waitFor();
  return dialog;
};

const dropExport = async (page: Page, name = "conversations.json"): Promise<void> =>
  dropFiles(page, ".drop", [{ name, text: await readFile(EXPORT, "utf8") }]);

/** Drops a real folder: by the debugger, as the desktop would. What a page makes itself is no folder. */
async function dropFolder(page: Page, selector: string, folder: string): Promise<void> {
  const { x, y, width, height } = (await page.locator(selector).boundingBox())!;
  const session = await page.context().newCDPSession(page);
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await session.send("Input.dispatchDragEvent", {
      ...{ type, x: x + width / 2, y: y + height / 4 },
      data: { items: [], files: [folder], dragOperationsMask: 1 },
    });
  await session.detach();
}

const brought = /^Bring (\d+) memories$/;

long("moving memories, and a vault's health, in the web app", function () {
  this.timeout(240_000);
  const web = webWorld();
  let second: IpfsServer;
  before(async () => {
    second = await startBlobs(web.world.url);
    const network = JSON.parse(String(web.world.app.files.get("network.json"))) as { store: string };
    network.store = `mirror:2/${storeName(web.world.blobs)}+${storeName(second)}`;
    web.world.app.files.set("network.json", JSON.stringify(network));
  });
  after(() => second.stop());

  it("brings an export once, exports it for age, and mends a store that lost a blob", async () => {
    const { page, wallet } = await web.newPage();
    const words = await createVault(page);

    const dialog = await openImport(page);
    await web.screenshot(page, "import-choose");
    await axe(page, "dialog");
    await dropFiles(page, ".drop", [{ name: "table.csv", text: "a,b\n" }]);
    await dialog.getByText("Unknown export").or(dialog.getByText("it is a table")).first().waitFor();
    await press(page, "Choose other files");
    await dropExport(page);
    const bring = dialog.getByRole("button", { name: brought });
    await bring.waitFor();
    const all = Number(brought.exec((await bring.textContent()) ?? "")?.[1]);
    expect(all).to.be.above(3);
    await web.screenshot(page, "import-review");
    await axe(page, "dialog");
    const scopes = dialog.getByRole("list", { name: "Scopes" }).getByRole("listitem");
    const dropped = Number(
      /\d+/.exec((await scopes.last().locator("label").first().textContent()) ?? "")?.[0],
    );
    await scopes.last().getByRole("checkbox").uncheck();
    await scopes.first().getByLabel("Scope", { exact: true }).fill("brought over");
    await dialog.getByRole("button", { name: `Bring ${String(all - dropped)} memories` }).click();
    await dialog.getByText("written on this device").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.getByText("brought over").first().waitFor();

    const again = await openImport(page);
    await dropExport(page);
    await again.getByText(`${String(all - dropped)} in the vault already`).waitFor();
    await again.getByRole("button", { name: "Cancel" }).click();
    await commit(page, wallet);

    await exports(page);
    await goTo(page, "Health");
    await audits(page);
    await recovery(page, words);
    await devices(page);
  });

  async function exports(page: Page): Promise<void> {
    await press(page, "Export");
    const dialog = page.getByRole("dialog", { name: "Export memories" });
    await dialog.getByLabel("JSON lines").check();
    await dialog.getByLabel("Passphrase", { exact: true }).fill("correct horse");
    await dialog.getByLabel("The passphrase again").fill("correct horse");
    await axe(page, "dialog");
    await web.screenshot(page, "export");
    const folder = mkdtempSync(join(tmpdir(), "web-export-"));
    try {
      const saved = await Promise.all([
        page.waitForEvent("download"),
        dialog.getByRole("button", { name: /^Save \d+ memories$/ }).click(),
      ]);
      const [from, to] = [join(folder, "export.age"), join(folder, "plain")];
      await saved[0].saveAs(from);
      expect(saved[0].suggestedFilename()).to.equal("memories.jsonl.age");
      await dialog.getByText("as of commit 1").waitFor();
      // age asks a terminal and nothing else; script makes one.
      execFileSync("script", ["-qec", `age --decrypt -o '${to}' '${from}'`, "/dev/null"], {
        input: "correct horse\n",
        stdio: ["pipe", "ignore", "ignore"],
      });
      const lines = readFileSync(to, "utf8").trim().split("\n");
      expect(lines.length).to.be.above(2);
      expect(lines.join()).to.contain('"scope":"brought over"');
      await dialog.getByLabel("Not encrypted").check();
      await dialog.getByText("Everybody who gets this file").waitFor();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    await dialog.getByRole("button", { name: "Close" }).click();
  }

  async function audits(page: Page): Promise<void> {
    await press(page, "Check every copy");
    await page.getByText("All is well").waitFor();
    await axe(page);
    await web.screenshot(page, "health", true);
    const [digest] = second.blocks.keys();
    second.blocks.delete(digest ?? "");
    second.pinned.delete(digest ?? "");
    // How the store says that it has no such blob.
    web.expect(/500 \(Internal Server Error\).*block\/get/);
    await press(page, "Check every copy");
    await page.getByText("Something is to be mended").waitFor();
    await page.getByText("1 missing").waitFor();
    await press(page, "Repair");
    await page.getByText("1 blob copied and read back").waitFor();
    await page.getByText("All is well").waitFor();
    expect(second.blocks.has(digest ?? "")).to.equal(true);
    await press(page, "Clear out…");
    await press(page, "Give them up");
    await page.getByText("0 blobs that no commit needs").waitFor();
  }

  async function recovery(page: Page, words: readonly string[]): Promise<void> {
    await page.getByLabel("All 24 words").fill([...words].reverse().join(" "));
    await press(page, "Check all 24 words");
    await page.getByRole("alert").getByText("These are not the 24 words of a vault").waitFor();
    await page.getByLabel("All 24 words").fill(words.join(" "));
    await press(page, "Check all 24 words");
    await page.getByText("These words open your vault").waitFor();
    const asked = page.locator(".health-words");
    const places = (await asked.locator("label").allTextContents()).map((label) =>
      Number(label.replace("Word ", "")),
    );
    expect(places).to.have.length(3);
    for (const place of places) await page.getByLabel(`Word ${String(place)}`, { exact: true }).fill("zoo");
    await press(page, "Check these three");
    const another = page.getByText("At least one of them is another word");
    const right = page.getByText("These three are right");
    await another.or(right).waitFor();
    // One wrong answer of 256 passes.
    if (await right.isVisible()) return;
    for (const place of places)
      await page.getByLabel(`Word ${String(place)}`, { exact: true }).fill(words[place - 1] ?? "");
    await press(page, "Check these three");
    await right.waitFor();
    await web.screenshot(page, "health-recovery", true);
  }

  async function devices(page: Page): Promise<void> {
    await page.getByText("first device").waitFor();
    await page.getByText("the 24 words", { exact: true }).waitFor();
    await press(page, "Add a device…");
    const dialog = page.getByRole("dialog", { name: "Add a device" });
    await dialog.getByLabel("Its key").fill("age1pq1nonsense");
    await dialog.getByRole("alert").waitFor();
    await axe(page, "dialog");
    await dialog.getByRole("button", { name: "Cancel" }).click();
  }

  it("brings a folder that is dropped, with what lies in folders below it, and one that is chosen", async () => {
    const { page } = await web.newPage();
    await createVault(page);
    const folder = mkdtempSync(join(tmpdir(), "web-folder-"));
    try {
      const notes = join(folder, "My notes");
      mkdirSync(join(notes, "of", "summer"), { recursive: true });
      writeFileSync(join(notes, "seat.md"), "- Prefers a window seat\n");
      writeFileSync(join(notes, "of", "summer", "trains.md"), "- Likes night trains\n- Travels light\n");
      const dropped = await openImport(page);
      await dropFolder(page, ".drop", notes);
      await dropped.getByText("3 memories to bring").waitFor();
      await press(page, "Choose other files");
      // The browser's own picker has a folder and its files as an input of folders has them.
      const [chooser] = await Promise.all([
        page.waitForEvent("filechooser"),
        dropped.getByRole("button", { name: "Choose a folder" }).click(),
      ]);
      await chooser.setFiles(notes);
      await dropped.getByText("3 memories to bring").waitFor();
      await dropped.getByRole("button", { name: "Bring 3 memories" }).click();
      await dropped.getByText("3 memories are written on this device").waitFor();
      await dropped.getByRole("button", { name: "Close" }).click();
      await page.getByText("Likes night trains").first().waitFor();
      await page.getByText("Prefers a window seat").first().waitFor();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("is given up at any time, and fits a phone in the dark", async () => {
    const { page } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
    await createVault(page);
    const dialog = await openImport(page);
    await noSideways(page);
    await web.screenshot(page, "import-phone-dark");
    const line = JSON.stringify({ type: "semantic", scope: "x", text: "y".repeat(2_000), createdAt: 1 });
    const text = Array.from({ length: 20_000 }, (_, i) => line.replace("yyy", String(i))).join("\n");
    await dropFiles(page, ".drop", [{ name: "large.jsonl", text }]);
    await dialog.getByText(/^Read |^Opening/).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    const next = await openImport(page);
    await dropExport(page);
    await next.getByRole("button", { name: brought }).waitFor();
    await web.screenshot(page, "import-review-phone-dark");
    await noSideways(page);
    await next.getByRole("button", { name: brought }).click();
    await next.getByRole("button", { name: "Close" }).click();
    await page.getByText(/changes wait$/).waitFor();
    await goTo(page, "Health");
    await page.getByText("come in with your first commit").waitFor();
    await noSideways(page);
    await web.screenshot(page, "health-phone-dark", true);
  });
});
