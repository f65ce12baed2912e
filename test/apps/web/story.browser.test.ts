import { webWorld } from "../../helpers/web.ts";
import { add, commit, createVault, goTo, openSample, press, search, title } from "../../helpers/web-steps.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

long("the story of the web app, by mouse alone", function () {
  this.timeout(180_000);

  describe("of a vault that is new", () => {
    const web = webWorld();

    it("creates it, writes, commits, and unlocks by the passkey after a reload", async () => {
      const { page, wallet } = await web.newPage();
      await createVault(page, { passkey: true });
      await add(page, "travel", "Prefers a window seat and night trains");
      await page.reload();
      await press(page, "Unlock with the passkey");
      await title(page, "Memories");
      await page.getByText("1 change waits").waitFor();
      await commit(page, wallet);
      await search(page, "night train", "1 of 1 memory");
    });
  });

  describe("of a vault that is there", () => {
    const web = webWorld({ sample: true });

    it("opens it", async () => {
      const { page } = await web.newPage();
      await openSample(web, page);
      await web.screenshot(page, "sample-memories");
      for (const name of ["Access", "What others see", "Health", "Settings"]) {
        await goTo(page, name);
        await web.screenshot(page, `sample-${name}`, true);
      }
    });
  });
});
