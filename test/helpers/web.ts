/**
 * A real browser for tests of the web app: Debian's Chromium, the built page, a chain and a store, all on this machine.
 *
 * ```ts
 * describe("the page of memories", () => {
 *   const web = webWorld({ sample: true });           // in `describe`: registers before, after and afterEach
 *   it("finds a memory", async () => {
 *     const { page, wallet } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
 *     await openSample(web, page);                    // recovers the sample vault; the device has a passphrase
 *     await page.getByRole("searchbox").fill("night train");
 *     await web.screenshot(page, "memories-search");  // cache/screenshots/memories-search.png
 *     await axe(page);                                // fails on what is serious or critical
 *   });
 * });
 * ```
 *
 * - Each `newPage` is a browser of its own (nothing stored, no passkey). `newTab(page)` is one more tab of the same one, with the same
 *   wallet. A tab has its own virtual authenticator: a passkey made in one is not in the other; `page.reload()` keeps it.
 * - After each test its pages are closed, and the test fails if one of them logged an error, threw, broke the policy, or
 *   asked another host than this machine. What a test provokes on purpose it names: `web.expect(/ERR_CONNECTION_REFUSED/)`.
 * - `wallet` is a `TestWallet`: `wallet.rejectNext = 1`, `await wallet.setChain(1)`, `wallet.knowsChain = false`, `wallet.delay = 500`,
 *   `await wallet.disconnect()`, `wallet.sent` (transactions), `wallet.asked` (methods).
 * - `web.world` has the rest: `chain`, `blobs` (`blobs.fault` misbehaves: keep what was there and call it), `deployment`, `sample`, `accounts`.
 *   With `sample: false` there is no vault yet, and starting takes a second instead of ten.
 * - A test that fails leaves pictures of its pages: `cache/screenshots/failed-….png`.
 * - The app is built once per process, from the files as they are. Without Chromium on the PATH the tests are skipped, and say so.
 *
 * Behind `MEMVAULT_LONG=1` unless said otherwise: `const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip`.
 */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";

import { buildApp } from "../../scripts/web/build.ts";
import { startWebWorld, type WebWorld } from "../../scripts/web/world.ts";
import { chromiumPath, LAPTOP, launch } from "./browser.ts";
import { TestWallet } from "./web-wallet.ts";

export { chromiumPath, LAPTOP, launch, PHONE } from "./browser.ts";

/** Where screenshots go. CI keeps them. */
export const SCREENSHOTS = fileURLToPath(new URL("../../cache/screenshots", import.meta.url));

/** What a page is opened with. */
export interface PageOptions {
  /** `false`: there is no wallet in the browser. */
  readonly wallet?: boolean;
  /** `prf` unless said: a passkey that can keep a secret; `no-prf`: one that cannot; `none`: there is no authenticator. */
  readonly authenticator?: "prf" | "no-prf" | "none";
  readonly colorScheme?: "light" | "dark";
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly reducedMotion?: "reduce" | "no-preference";
  /** What the address ends in, such as `#/access`. */
  readonly at?: string;
}

/** A page, and the wallet in it. */
export interface WebPage {
  readonly page: Page;
  readonly wallet: TestWallet;
}

/** The browser, and what it is tried with. */
export interface Web {
  /** Chain, store and host; there once the tests run. */
  readonly world: WebWorld;
  readonly newPage: (options?: PageOptions) => Promise<WebPage>;
  /** One more tab of the same browser. */
  readonly newTab: (page: Page, at?: string) => Promise<Page>;
  /** Faults like this are what the present test is about. */
  readonly expect: (fault: RegExp) => void;
  /** What went wrong in pages of the present test so far, but for what is expected. */
  readonly faults: () => string[];
  /** Keeps a picture of the page in `cache/screenshots`; `true`: of all of it, beyond the window. */
  readonly screenshot: (page: Page, name: string, whole?: boolean) => Promise<void>;
}

let built: Promise<string> | undefined;

/** Builds the app, once in this process, into a folder that goes with it. */
export const builtApp = (): Promise<string> => (built ??= buildOnce());

async function buildOnce(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "memory-vault-web-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await buildApp(folder);
  return folder;
}

/** What the browser of a `describe` has. */
export interface WebOptions {
  /** Whether there is a vault to look at, or none yet. */
  readonly sample?: boolean;
  /** A film (y4m) that its camera sees; there is no camera unless said. It is there once the tests run. */
  readonly camera?: string;
}

/**
 * Has the tests of a `describe` run in a browser.
 *
 * @returns A handle that works once they run.
 */
export function webWorld({ sample = false, camera }: WebOptions = {}): Web {
  const desk = new Desk();
  before(async function () {
    this.timeout(120_000);
    const executable = chromiumPath();
    if (executable === null) {
      console.log(`    SKIPPED: no chromium on the PATH; "apt-get install chromium" lets these tests run.`);
      this.skip();
    }
    desk.world = await startWebWorld({ folder: await builtApp(), sample, wallet: false });
    desk.browser = await launch(executable, camera);
  });
  beforeEach(function () {
    this.timeout(120_000);
  });
  afterEach(async function () {
    const { currentTest } = this;
    if (currentTest?.state === "failed") await desk.keepLast(currentTest.fullTitle());
    await desk.clear();
  });
  after(() => desk.close());
  return desk;
}

/** What is open, and what went wrong there. */
class Desk implements Web {
  browser: Browser | null = null;
  #world: WebWorld | null = null;
  readonly #open = new Map<BrowserContext, { readonly wallet: TestWallet; readonly options: PageOptions }>();
  readonly #expected: RegExp[] = [];
  readonly #faults: string[] = [];

  get world(): WebWorld {
    if (this.#world === null) throw new TypeError("the browser is there once the tests run");
    return this.#world;
  }

  set world(world: WebWorld) {
    this.#world = world;
  }

  readonly newPage = async (options: PageOptions = {}): Promise<WebPage> => {
    if (this.browser === null) throw new TypeError("the browser is there once the tests run");
    const { colorScheme = "light", reducedMotion = "no-preference", viewport = LAPTOP } = options;
    const context = await this.browser.newContext({ colorScheme, reducedMotion, viewport });
    context.setDefaultTimeout(20_000);
    const wallet = new TestWallet(this.world);
    this.#open.set(context, { wallet, options });
    await this.#watch(context);
    if (options.wallet !== false) await wallet.attach(context);
    return { page: await this.#tab(context, options), wallet };
  };

  readonly newTab = async (page: Page, at = ""): Promise<Page> => {
    const known = this.#open.get(page.context());
    if (known === undefined) throw new TypeError("that page is closed");
    return this.#tab(page.context(), { ...known.options, at });
  };

  readonly expect = (fault: RegExp): void => void this.#expected.push(fault);

  readonly faults = (): string[] =>
    this.#faults.filter((fault) => !this.#expected.some((pattern) => pattern.test(fault)));

  readonly screenshot = async (page: Page, name: string, whole = false): Promise<void> => {
    await mkdir(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage: whole });
  };

  /** Keeps pictures of the pages of a test that failed. */
  async keepLast(name: string): Promise<void> {
    const pages = [...this.#open.keys()].flatMap((context) => context.pages());
    for (const [i, page] of pages.entries()) {
      const plain = `failed-${name.replace(/[^a-z0-9]+/gi, "-").slice(0, 100)}-${String(i)}`;
      // One that crashed has none.
      await this.screenshot(page, plain, true).catch(() => undefined);
    }
  }

  /** Closes the test's pages, and fails if something went wrong in one. */
  async clear(): Promise<void> {
    for (const context of this.#open.keys()) await context.close();
    this.#open.clear();
    const faults = this.faults();
    this.#faults.length = 0;
    this.#expected.length = 0;
    if (faults.length > 0) throw new Error(`In the browser:\n${faults.join("\n")}`);
  }

  async close(): Promise<void> {
    await this.browser?.close();
    await this.#world?.close();
  }

  async #tab(context: BrowserContext, { at = "", authenticator = "prf" }: PageOptions): Promise<Page> {
    const page = await context.newPage();
    // Has the browser hand choosers over from the start: told only with the press that opens one, it is sometimes too late.
    page.on("filechooser", () => undefined);
    if (authenticator !== "none") await addAuthenticator(page, authenticator === "prf");
    await page.goto(`${this.world.url}/${at}`);
    return page;
  }

  async #watch(context: BrowserContext): Promise<void> {
    const note = (kind: string, text: string): void => void this.#faults.push(`${kind}: ${text}`);
    // What tsx puts around functions that have a name, and a page does not know.
    await context.addInitScript("globalThis.__name = (named) => named");
    await context.addInitScript(() => {
      document.addEventListener(
        "securitypolicyviolation",
        ({ violatedDirective, blockedURI, sourceFile }) => {
          console.error(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}`);
        },
      );
    });
    context.on("console", (message) => {
      if (message.type() === "error") note("console", `${message.text()} ${message.location().url}`);
    });
    context.on("weberror", (fault) => note("page", String(fault.error().stack ?? fault.error())));
    context.on("request", (request) => {
      const { hostname, protocol } = new URL(request.url());
      const own = ["localhost", "127.0.0.1"].includes(hostname) || ["data:", "blob:"].includes(protocol);
      if (!own) note("another host", request.url());
    });
  }
}

async function addAuthenticator(page: Page, hasPrf: boolean): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasPrf },
      ...{ hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/**
 * Looks for what keeps people out: fails on what axe calls serious or critical.
 *
 * @param within - Only below what this selector finds.
 */
export async function axe(page: Page, within?: string): Promise<void> {
  // By the debugger, so that the page's policy is not in the way, and need not be softer for it.
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = await page.evaluate(
    (scope) =>
      (window as unknown as { axe: { run: (scope: unknown) => Promise<AxeResults> } }).axe.run(
        scope ?? document,
      ),
    within,
  );
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  if (bad.length === 0) return;
  const told = bad.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary ?? ""}`).join("\n")}`,
  );
  throw new Error(`axe, at ${page.url()}:\n${told.join("\n")}`);
}

/** Fails when the page is wider than its window. */
export async function noSideways(page: Page): Promise<void> {
  const { wide, seen } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    seen: document.documentElement.clientWidth,
  }));
  if (wide > seen)
    throw new Error(`The page is ${String(wide)} px wide in a window of ${String(seen)} px: ${page.url()}`);
}
