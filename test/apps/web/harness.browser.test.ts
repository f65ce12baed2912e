import { expect } from "chai";

import { axe, noSideways, PHONE, webWorld } from "../../helpers/web.ts";
import { thrown } from "../../helpers/thrown.ts";

const long = process.env["MEMVAULT_LONG"] === "1" ? describe : describe.skip;

long("the harness of the browser", () => {
  const web = webWorld();

  it("opens the app, which breaks nothing", async () => {
    const { page } = await web.newPage({ viewport: PHONE, colorScheme: "dark" });
    await page.getByRole("heading", { level: 1 }).waitFor();
    await axe(page);
    await noSideways(page);
    await web.screenshot(page, "start-phone-dark");
  });

  it("notices an error, a thrown one, a script of the page's own text, and another host", async () => {
    const { page } = await web.newPage();
    await page.evaluate(() => {
      console.error("a logged one");
      setTimeout(() => {
        throw new Error("a thrown one");
      });
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.head.append(script);
      return fetch("https://example.org/").catch(() => undefined);
    });
    await page.waitForTimeout(200);
    const faults = web.faults().join("\n");
    for (const part of [
      "a logged one",
      "a thrown one",
      "policy: script-src",
      "another host: https://example.org/",
    ])
      expect(faults).to.contain(part);
    expect(await page.evaluate(() => "ran" in window)).to.equal(false);
    web.expect(/./);
  });

  it("notices what keeps people out, and what is too wide", async () => {
    const { page } = await web.newPage({ viewport: PHONE });
    await page.evaluate(() => {
      const image = document.createElement("button");
      image.style.width = "900px";
      document.getElementById("root")?.append(image);
    });
    expect(String(await thrown(axe(page)))).to.contain("button-name");
    expect(String(await thrown(noSideways(page)))).to.contain("900");
  });

  it("has a wallet that refuses, and is of another chain, when it is told to", async () => {
    const { page, wallet } = await web.newPage();
    const ask = (method: string, params: unknown[] = []) =>
      page.evaluate(
        async ([name, given]) => {
          const found: { request: (asked: unknown) => Promise<unknown> }[] = [];
          addEventListener("eip6963:announceProvider", (event) => {
            found.push((event as CustomEvent<{ provider: (typeof found)[0] }>).detail.provider);
          });
          dispatchEvent(new Event("eip6963:requestProvider"));
          return found[0]!
            .request({ method: name, params: given })
            .catch((fault: unknown) => (fault as { code: number }).code);
        },
        [method, params] as const,
      );
    expect(await ask("eth_accounts")).to.deep.equal([]);
    wallet.rejectNext = 1;
    expect(await ask("eth_requestAccounts")).to.equal(4001);
    expect(await ask("eth_requestAccounts")).to.deep.equal(web.world.accounts);
    const [from, to] = web.world.accounts;
    await ask("eth_sendTransaction", [{ from, to, value: "0x1" }]);
    expect(wallet.sent).to.equal(1);
    await wallet.setChain(5);
    expect(await ask("eth_chainId")).to.equal("0x5");
    expect(await ask("eth_blockNumber")).to.equal(-32_603);
    expect(await ask("wallet_switchEthereumChain", [{ chainId: "0x7a69" }])).to.equal(null);
    await wallet.disconnect();
    expect(await ask("eth_accounts")).to.deep.equal([]);
  });

  it("has an authenticator that makes a secret for a passkey, unless it is told not to", async () => {
    const make = () =>
      navigator.credentials
        .create({
          publicKey: {
            challenge: new Uint8Array(32),
            rp: { name: "test" },
            user: { id: new Uint8Array(16), name: "test", displayName: "test" },
            pubKeyCredParams: [{ type: "public-key", alg: -7 }],
            authenticatorSelection: { residentKey: "required", userVerification: "required" },
            extensions: { prf: {} },
          },
        })
        .then((made) => (made as PublicKeyCredential).getClientExtensionResults().prf?.enabled ?? false);
    const { page } = await web.newPage();
    expect(await page.evaluate(make)).to.equal(true);
    const without = await web.newPage({ authenticator: "no-prf" });
    expect(await without.page.evaluate(make)).to.equal(false);
  });
});
