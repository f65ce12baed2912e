import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { Browser, Page } from "playwright-core";

import { chromiumPath, launch, LAPTOP, PHONE } from "../test/helpers/browser.ts";
import { goTo, recoverSample } from "../test/helpers/web-steps.ts";
import { buildApp } from "./web/build.ts";
import { startWebWorld, type WebWorld } from "./web/world.ts";

const FOLDER = fileURLToPath(new URL("../docs/web", import.meta.url));

/** Most bytes of a picture in the documents. */
const MOST = 200_000;

/** The pictures of docs/web.md, of the sample vault. */
const PICTURES = [
  { name: "memories", at: "Memories", colorScheme: "light", viewport: LAPTOP },
  { name: "access", at: "Access", colorScheme: "dark", viewport: LAPTOP },
  { name: "others", at: "What others see", colorScheme: "light", viewport: PHONE },
] as const;

const executable = chromiumPath();
if (executable === null)
  throw new Error("There is no chromium on the PATH: install Debian's, and run this again.");
const built = await mkdtemp(path.join(tmpdir(), "memory-vault-web-"));
try {
  await buildApp(built);
  const world = await startWebWorld({ folder: built, sample: true, wallet: true });
  const browser = await launch(executable);
  try {
    await mkdir(FOLDER, { recursive: true });
    for (const picture of PICTURES) await take(browser, world, picture);
  } finally {
    await browser.close();
    await world.close();
  }
} finally {
  await rm(built, { recursive: true, force: true });
}

async function take(
  browser: Browser,
  world: WebWorld,
  { name, at, colorScheme, viewport }: (typeof PICTURES)[number],
): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport, locale: "en-GB" });
  const page = await context.newPage();
  await page.goto(world.url);
  await recoverSample(page);
  await goTo(page, at);
  await stillness(page);
  const file = path.join(FOLDER, `${name}.png`);
  await page.screenshot({ path: file });
  const { size } = await stat(file);
  if (size > MOST) throw new RangeError(`${file} has ${size} bytes, and may have ${MOST}.`);
  console.log(`${path.relative(process.cwd(), file)}: ${size} bytes`);
  await context.close();
}

/** Waits until nothing is being read any more. */
async function stillness(page: Page): Promise<void> {
  await page
    .getByText(/^(Loading|Reading|Looking|Asking)[^.]*…$/)
    .first()
    .waitFor({ state: "detached" });
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(1_000);
}
