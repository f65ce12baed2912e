import type { BrowserContext } from "playwright-core";

import { rpc } from "../../apps/cli/rpc.ts";
import type { WebWorld } from "../../scripts/web/world.ts";

/** What an EIP-1193 wallet refuses with. */
class WalletRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** What comes back to the page. */
type WalletAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };

/** Methods at which a person is asked. */
const ASKS = new Set([
  ...["eth_requestAccounts", "eth_sendTransaction", "eth_signTypedData_v4", "personal_sign"],
  ...["wallet_switchEthereumChain", "wallet_addEthereumChain", "wallet_requestPermissions"],
]);

/** A wallet in the browser (EIP-6963) over accounts that the local node signs for, which can be told to misbehave. */
export class TestWallet {
  /** What the page gets to know; the first is the owner of the sample vault. */
  accounts: readonly string[];
  /** Whether the page was let in: `eth_accounts` is empty before. */
  connected = false;
  /** How many of the next questions the person declines. */
  rejectNext = 0;
  /** Whether it knows the local chain when asked to switch to it; `wallet_addEthereumChain` teaches it. */
  knowsChain = true;
  /** Milliseconds that each answer takes. */
  delay = 0;
  /** Methods that were asked, in order. */
  readonly asked: string[] = [];
  /** How many transactions it sent. */
  sent = 0;
  readonly #world: WebWorld;
  readonly #contexts = new Set<BrowserContext>();
  readonly #home: number;
  #chainId: number;

  constructor(world: WebWorld) {
    this.#world = world;
    this.accounts = world.accounts;
    this.#chainId = this.#home = Number(world.deployment.chainId);
  }

  /** Puts the wallet into all pages of a browser. */
  async attach(context: BrowserContext): Promise<void> {
    this.#contexts.add(context);
    await context.exposeBinding("__wallet", (_source, method: string, params: unknown[]) =>
      this.#answer(method, params),
    );
    await context.addInitScript(announce);
  }

  /** The person switches to another chain, in the wallet. */
  async setChain(chainId: number): Promise<void> {
    this.#chainId = chainId;
    await this.#tell("chainChanged", hex(chainId));
  }

  /** The person chooses other accounts, in the wallet; none: this page is let in no more. */
  async setAccounts(accounts: readonly string[]): Promise<void> {
    this.accounts = accounts;
    await this.#tell("accountsChanged", accounts);
  }

  /** The person disconnects the page, in the wallet. */
  async disconnect(): Promise<void> {
    this.connected = false;
    await this.#tell("accountsChanged", []);
  }

  async #tell(event: string, value: unknown): Promise<void> {
    for (const context of this.#contexts)
      for (const page of context.pages())
        await page.evaluate(
          ([name, told]) =>
            (window as unknown as { __walletTell: (name: unknown, told: unknown) => void }).__walletTell(
              name,
              told,
            ),
          [event, value] as const,
        );
  }

  async #answer(method: string, params: unknown[]): Promise<WalletAnswer> {
    this.asked.push(method);
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    try {
      return { result: await this.#perform(method, params) };
    } catch (fault) {
      if (fault instanceof WalletRefusal) return { error: { code: fault.code, message: fault.message } };
      return { error: { code: -32_603, message: fault instanceof Error ? fault.message : String(fault) } };
    }
  }

  async #perform(method: string, params: unknown[]): Promise<unknown> {
    if (ASKS.has(method) && this.rejectNext > 0) {
      this.rejectNext--;
      throw new WalletRefusal(4001, "User rejected the request.");
    }
    switch (method) {
      case "eth_requestAccounts":
      case "wallet_requestPermissions":
        this.connected = true;
        return method === "eth_requestAccounts" ? this.accounts : [{ parentCapability: "eth_accounts" }];
      case "eth_accounts":
        return this.connected ? this.accounts : [];
      case "eth_chainId":
        return hex(this.#chainId);
      case "net_version":
        return String(this.#chainId);
      case "wallet_addEthereumChain":
      case "wallet_switchEthereumChain":
        return this.#switch(method, params);
      default:
        return this.#relay(method, params);
    }
  }

  async #switch(method: string, [wanted]: unknown[]): Promise<null> {
    const { chainId } = wanted as { readonly chainId: string };
    if (method === "wallet_addEthereumChain") this.knowsChain = true;
    if (!this.knowsChain || Number(chainId) !== this.#home)
      throw new WalletRefusal(4902, `Unrecognized chain ID "${chainId}". Try adding the chain first.`);
    await this.setChain(Number(chainId));
    return null;
  }

  async #relay(method: string, params: unknown[]): Promise<unknown> {
    if (this.#chainId !== this.#home) throw new WalletRefusal(-32_603, "This chain is far away.");
    if (ASKS.has(method) && !this.connected)
      throw new WalletRefusal(4100, "The page was not let in by the person.");
    const result = await rpc(this.#world.chain.url, method, params);
    if (method === "eth_sendTransaction") this.sent++;
    return result;
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Runs in the page, before its own scripts. */
function announce(): void {
  const listeners = new Map<string, Set<(value: unknown) => void>>();
  const page = window as unknown as Record<string, unknown> & {
    __wallet: (method: string, params: unknown) => Promise<WalletAnswer>;
  };
  page["__walletTell"] = (event: string, value: unknown) =>
    listeners.get(event)?.forEach((listener) => listener(value));
  const provider = {
    async request({ method, params = [] }: { method: string; params?: unknown }) {
      const answer = await page.__wallet(method, params);
      if ("error" in answer) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result;
    },
    on(event: string, listener: (value: unknown) => void) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
      return provider;
    },
    removeListener(event: string, listener: (value: unknown) => void) {
      listeners.get(event)?.delete(listener);
      return provider;
    },
  };
  const info = {
    uuid: "0c1f2a5e-1111-4d7a-9a57-6f2a7c1d0001",
    name: "Test wallet",
    icon: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
    rdns: "local.memory-vault.test",
  };
  const tell = () =>
    dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  addEventListener("eip6963:requestProvider", tell);
  tell();
}
