import { expect } from "chai";
import { toBeHex, toUtf8Bytes, VoidSigner, zeroPadValue } from "ethers";
import type { Page } from "playwright-core";

import { agentContract } from "../../../client/agents.ts";
import { axe, LAPTOP, noSideways, PHONE, webWorld } from "../../helpers/web.ts";
import { openSample, unlock } from "../../helpers/web-steps.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

/** Goes to the page, and waits until somebody has looked. */
async function others(page: Page): Promise<void> {
  await page.getByRole("link", { name: "What others see" }).click();
  await page.getByRole("heading", { level: 1, name: "What others see" }).waitFor();
  await page.getByRole("heading", { level: 2, name: "Commits over time" }).waitFor();
}

const rings = (page: Page) => page.locator(".others-proof .badge").allTextContents();

long("what others see, in a browser", () => {
  const web = webWorld({ sample: true });

  it("shows the sample's token, commits, grants and blobs", async () => {
    const { page } = await web.newPage();
    await openSample(web, page);
    await others(page);
    const picture = page.getByRole("img", { name: /dial of a safe/ });
    expect(await picture.getAttribute("src")).to.match(/^data:image\/svg\+xml;base64,/);
    expect(await picture.evaluate((image) => (image as HTMLImageElement).naturalWidth)).to.be.above(0);
    const marks = await page.locator(".others-mark").count();
    expect(marks).to.be.above(5);
    await page.getByText(`All ${marks} commits, as a table`).click();
    expect(
      await page
        .getByRole("region", { name: /commits, as a table/ })
        .locator("tbody tr")
        .count(),
    ).to.equal(marks);
    expect(await page.locator('[aria-labelledby="others-grants"] li').count()).to.be.above(0);
    expect(await page.locator('[aria-labelledby="others-agents"] li').count()).to.be.above(1);
    expect(await page.locator(".others-bars dd").count()).to.be.above(3);
    await noSideways(page);
    await web.screenshot(page, "others-light", true);
    await axe(page);
  });

  it("goes from commit to commit by keys, and says each", async () => {
    const { page } = await web.newPage({ viewport: PHONE, colorScheme: "dark", reducedMotion: "reduce" });
    await openSample(web, page);
    await others(page);
    const words = page.locator('.others-plot [role="status"]');
    const last = await words.textContent();
    await page.locator('.others-mark[tabindex="0"]').focus();
    await page.keyboard.press("ArrowLeft");
    expect(await words.textContent()).not.to.equal(last);
    await page.keyboard.press("Home");
    expect(await words.textContent()).to.match(/^Commit 1,/);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).to.match(
      /^Commit 1,/,
    );
    expect(await page.locator('.others-mark[tabindex="0"]').count()).to.equal(1);
    await page.keyboard.press("End");
    expect(await words.textContent()).to.equal(last);
    await noSideways(page);
    await web.screenshot(page, "others-phone-dark", true);
    await axe(page);
  });

  it("closes its rings by a proof alone: a store that alters a blob opens them, and they say why", async () => {
    const { page } = await web.newPage({ viewport: LAPTOP });
    await openSample(web, page);
    await others(page);
    await page.locator(".others-proof .badge-good").first().waitFor();
    expect(await rings(page)).to.deep.equal(["proven", "proven", "proven"]);
    const { blobs } = web.world;
    const { fault } = blobs;
    blobs.fault = async (asked, response) => {
      if (await fault(asked, response)) return true;
      if (asked.call !== "block/get") return false;
      response.end(new Uint8Array(4_096).fill(7));
      return true;
    };
    try {
      await page.reload();
      await unlock(page);
      await others(page);
      await page.locator(".others-proof .badge-bad").first().waitFor();
      expect(await rings(page)).not.to.include("proven");
      expect(await page.locator(".others-proof").textContent()).to.match(/altered/);
      await web.screenshot(page, "others-broken", true);
      await axe(page);
    } finally {
      blobs.fault = fault;
    }
  });

  it("names a chain that does not show its log, and looks again", async () => {
    const { page } = await web.newPage();
    await openSample(web, page);
    let refused = true;
    await page.route(web.world.chain.url, async (route) => {
      const isLogs = route.request().postData()?.includes("eth_getLogs") === true;
      if (!isLogs || !refused) return route.fallback();
      const asked = JSON.parse(route.request().postData() ?? "{}") as { id: number } | { id: number }[];
      const answers = [asked]
        .flat()
        .map(({ id }) => ({ jsonrpc: "2.0", id, error: { code: -32_005, message: "no" } }));
      return route.fulfill({ json: Array.isArray(asked) ? answers : answers[0] });
    });
    await page.getByRole("link", { name: "What others see" }).click();
    await page.getByRole("alert").filter({ hasText: "Logs refused" }).waitFor();
    refused = false;
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("heading", { level: 2, name: "Commits over time" }).waitFor();
    expect(await page.getByRole("alert").count()).to.equal(0);
  });

  it("shows the newest of what strangers logged, says how much more there is, and the rest of the page as ever", async () => {
    for (const options of [{}, { viewport: PHONE, colorScheme: "dark" }] as const) {
      const { page } = await web.newPage(options);
      await openSample(web, page);
      await page.route(web.world.chain.url, async (route) => {
        const asked = [JSON.parse(route.request().postData() ?? "{}") as Asked | Asked[]].flat();
        if (!asked.some(isOfStrangers)) return route.fallback();
        const response = await route.fetch();
        const body = (await response.json()) as Told | Told[];
        for (const told of [body].flat()) {
          const ask = asked.find(({ id }) => id === told.id);
          if (ask !== undefined && isOfStrangers(ask)) told.result = planted(ask);
        }
        return route.fulfill({ response, json: body });
      });
      await others(page);
      const notice = page.locator(".notice-warn").filter({ hasText: "Not everything is here." });
      expect(await notice.textContent()).to.contain(
        "What contracts logged that no grant lists: 4,950 events",
      );
      const agents = page.locator('[aria-labelledby="others-agents"]');
      expect(await agents.textContent()).to.contain("4,950 more questions by");
      expect(await agents.locator("li").count()).to.be.below(60);
      await noSideways(page);
      await web.screenshot(page, "viewport" in options ? "others-flood-phone-dark" : "others-flood", true);
      await axe(page);
    }
  });
});

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: readonly [
    { readonly address?: unknown; readonly topics: readonly unknown[]; readonly toBlock: string },
  ];
}

interface Told {
  readonly id: number;
  result: unknown;
}

/** Whether a node is asked for what any contract logged. */
const isOfStrangers = ({ method, params }: Asked): boolean =>
  method === "eth_getLogs" && params[0].address === undefined;

/** What a stranger could have logged for some cents. */
function planted({ params: [{ topics, toBlock }] }: Asked): unknown[] {
  const { interface: abi } = agentContract(NOBODY, new VoidSigner(NOBODY));
  const { data, topics: made } = abi.encodeEventLog("Requested", [1, 2, NOBODY, 3, toUtf8Bytes("Buy now.")]);
  return Array.from({ length: 5_000 }, (_, i) => ({
    ...{
      address: NOBODY,
      data,
      topics: [made[0], made[1], topics[2], made[3]],
      blockNumber: toBlock,
      removed: false,
    },
    ...{ logIndex: toBeHex(100 + i), transactionIndex: "0x0", blockHash: zeroPadValue("0x01", 32) },
    transactionHash: zeroPadValue(toBeHex(1 + i), 32),
  }));
}

const NOBODY = "0x000000000000000000000000000000000000dEaD";
