import { randomBytes } from "node:crypto";

import type { Eip1193 } from "../../../apps/web/src/chain/eip1193.ts";
import { SentLog } from "../../../apps/web/src/chain/sent-log.ts";
import type { SettingName, Settings } from "../../../apps/web/src/chain/settings.ts";
import { Wallets } from "../../../apps/web/src/chain/wallets.ts";

/** What a wallet fails with (EIP-1193). */
export const refusal = (code: number, message = "refused"): Error =>
  Object.assign(new Error(message), { code });

type Answer = (params: readonly unknown[]) => unknown;

/** A wallet over a chain, whose single answers a test replaces. */
export class WalletDouble implements Eip1193 {
  readonly calls: { readonly method: string; readonly params: readonly unknown[] }[] = [];
  readonly answers = new Map<string, Answer>();
  private readonly listeners = new Map<string, Set<(value: never) => void>>();

  constructor(
    private readonly chain: { request(call: { method: string; params?: unknown[] }): Promise<unknown> },
    public account: string,
    public chainId = "0x7a69",
  ) {
    this.answers
      .set("eth_accounts", () => [this.account])
      .set("eth_requestAccounts", () => [this.account])
      .set("eth_chainId", () => this.chainId);
  }

  request({
    method,
    params = [],
  }: {
    readonly method: string;
    readonly params?: readonly unknown[];
  }): Promise<unknown> {
    this.calls.push({ method, params });
    const answer = this.answers.get(method);
    if (answer === undefined) return this.chain.request({ method, params: [...params] });
    return Promise.resolve().then(() => answer(params));
  }

  on(event: string, listener: (value: never) => void): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }

  removeListener(event: string, listener: (value: never) => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  /** Says that something changed; what it says with it may be anything. */
  tell(event: string, value: unknown = null): void {
    for (const listener of this.listeners.get(event) ?? []) listener(value as never);
  }

  /** How often a method was asked for. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }
}

/** Settings that are gone with the test. */
export function memorySettings(): Settings & { readonly kept: Map<SettingName, string> } {
  const kept = new Map<SettingName, string>();
  return {
    kept,
    names: () => Promise.resolve([...kept.keys()]),
    get: (name) => Promise.resolve(kept.get(name) ?? null),
    set: (name, text) => Promise.resolve(void kept.set(name, text)),
    clear: async () => {
      await Promise.resolve();
      kept.clear();
    },
    remove: (name) => Promise.resolve(void kept.delete(name)),
  };
}

/** Announces a wallet to a page as EIP-6963 says. */
export const announce = (
  page: EventTarget,
  provider: unknown,
  info: Readonly<Record<string, unknown>> = {},
): void =>
  void page.dispatchEvent(
    new CustomEvent("eip6963:announceProvider", {
      detail: {
        info: {
          uuid: "u-1",
          rdns: "test.wallet",
          name: "Test wallet",
          icon: "data:image/png;base64,AA==",
          ...info,
        },
        provider,
      },
    }),
  );

/** A page with one wallet in it, connected. */
export async function connectedPage(double: WalletDouble, settings = memorySettings()) {
  const page = new EventTarget();
  const wallets = new Wallets(page, settings);
  wallets.start();
  announce(page, double);
  await wallets.connect(wallets.get().found[0]!);
  return { page, wallets, settings, log: new SentLog(settings, randomBytes) };
}

/** Waits until something is so. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let looks = 0; !(await what()); looks++) {
    if (looks > 500) throw new Error("it did not come to that");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
