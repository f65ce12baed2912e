import { getAddress, isAddress } from "ethers";

import { CODE, codesOf, type Eip1193 } from "./eip1193.ts";
import {
  ConnectionDeclined,
  SignatureRejected,
  WalletBusy,
  WalletFaulty,
  WalletMissing,
  WrongChain,
} from "./errors.ts";
import type { Settings } from "./settings.ts";

/** A wallet that made itself known to this page (EIP-6963). Name and icon are its own words. */
export interface FoundWallet {
  readonly uuid: string;
  readonly rdns: string;
  readonly name: string;
  /** An image within itself, or none: nothing is fetched for it. */
  readonly icon: string | null;
  readonly ethereum: Eip1193;
}

/** A wallet that lets this page see an account. */
export interface Connected {
  readonly wallet: FoundWallet;
  readonly account: string;
  readonly chainId: bigint;
}

/** What the page knows of wallets. A new object whenever something changed. */
export interface WalletState {
  readonly found: readonly FoundWallet[];
  readonly connected: Connected | null;
}

/** A chain as a wallet is told of it. */
export interface ChainOffer {
  readonly chainId: bigint;
  readonly name: string;
  readonly rpc: string | null;
}

/** More than these are no wallets, but somebody who floods the page. */
const MAX_FOUND = 50;
const MAX_ICON = 200_000;
const MAX_NAME = 60;

/** Wallets of the browser: found, connected, followed. */
export class Wallets {
  private state: WalletState = { found: [], connected: null };
  private readonly listeners = new Set<() => void>();
  private unfollow: () => void = () => undefined;
  /** The wallet whose changes are heard; there is one while it shows no account, too. */
  private followed: FoundWallet | null = null;
  private remembered: Promise<string | null> | null = null;
  /** Whether the connected wallet came back by itself, and not on the person's word. */
  private returned = false;

  constructor(
    private readonly page: EventTarget,
    private readonly settings: Settings,
  ) {}

  /** As React's useSyncExternalStore asks for it. */
  readonly get = (): WalletState => this.state;

  /** As React's useSyncExternalStore asks for it. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => void this.listeners.delete(changed);
  };

  /** Asks wallets to make themselves known, and connects the one again that was used last, if it lets the page. */
  start(): void {
    if (this.remembered !== null) return;
    this.remembered = this.settings.get("wallet").catch(() => null);
    this.page.addEventListener("eip6963:announceProvider", (event) => {
      const wallet = walletIn((event as CustomEvent<unknown>).detail);
      if (wallet !== null) this.found(wallet);
    });
    this.page.dispatchEvent(new Event("eip6963:requestProvider"));
  }

  /** Waits a moment for the wallet that was used last: pages are told of wallets after they ask. */
  async settled(patience = 1_500): Promise<void> {
    if ((await this.remembered) == null) return;
    for (let waited = 0; this.state.connected === null && waited < patience; waited += 50)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  private found(wallet: FoundWallet): void {
    const { found } = this.state;
    // Wallets say it again whenever they are asked; nobody takes the place of another.
    if (found.length >= MAX_FOUND || found.some(({ uuid }) => uuid === wallet.uuid)) return;
    this.put({ found: [...found, wallet] });
    // Which of two that say that they are the same is meant, only the person knows.
    if (this.returned && this.followed?.rdns === wallet.rdns) this.letGo();
    void this.takeBack(wallet).catch(() => null);
  }

  /** Connects the wallet that was used last again, silently: who did not connect before is not asked to by a reload. */
  private async takeBack(wallet: FoundWallet): Promise<void> {
    if (!(await this.mayReturn(wallet))) return;
    const connected = await seen(wallet, "eth_accounts");
    // While it answered, another may have come, or the person have chosen.
    if (connected === null || !(await this.mayReturn(wallet))) return;
    this.take(connected);
    this.returned = true;
  }

  /** Whether it is the one that was used last, and the only one that says so: anybody may announce any rdns. */
  private async mayReturn({ rdns }: FoundWallet): Promise<boolean> {
    const last = await this.remembered;
    const { found, connected } = this.state;
    return rdns === last && connected === null && found.filter((each) => each.rdns === rdns).length === 1;
  }

  /**
   * Connects a wallet: it asks the person which account this page may see.
   *
   * @throws {ConnectionDeclined} when the person says no. {WalletBusy} when it asks something else already.
   * @throws {WalletFaulty} when its answer makes no sense.
   */
  async connect(wallet: FoundWallet): Promise<Connected> {
    const connected = await seen(wallet, "eth_requestAccounts").catch((fault: unknown) => {
      // Nothing was to be signed.
      throw fault instanceof SignatureRejected ? new ConnectionDeclined(wallet.name) : fault;
    });
    if (connected === null) throw new WalletFaulty(wallet.name, "it shows no account");
    this.take(connected);
    this.remembered = Promise.resolve(wallet.rdns);
    await this.settings.set("wallet", wallet.rdns);
    return connected;
  }

  /** Lets the wallet go, and does not connect it again by itself. */
  async disconnect(): Promise<void> {
    this.letGo();
    this.remembered = Promise.resolve(null);
    await this.settings.remove("wallet");
  }

  /** @throws {WalletMissing} when none is connected. */
  expectConnected(): Connected {
    if (this.state.connected === null) throw new WalletMissing();
    return this.state.connected;
  }

  /**
   * Asks the wallet once more which account and chain it is on: what it said before may be over.
   *
   * @throws {WalletMissing} when it shows no account any more.
   */
  async now(): Promise<Connected> {
    const { wallet } = this.expectConnected();
    const connected = await seen(wallet, "eth_accounts");
    if (this.followed === wallet) this.put({ connected });
    if (connected === null) throw new WalletMissing();
    return connected;
  }

  /**
   * Asks the wallet to go to a chain, and tells it of the chain if it knows none of that id.
   *
   * @throws {SignatureRejected} when the person says no. {WrongChain} when it says yes and stays where it was.
   */
  async switchTo(chain: ChainOffer): Promise<void> {
    const { wallet } = this.expectConnected();
    const chainId = `0x${chain.chainId.toString(16)}`;
    try {
      await wallet.ethereum.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
    } catch (fault) {
      if (!codesOf(fault).includes(CODE.unknownChain) || chain.rpc === null) throw walletFault(wallet, fault);
      await asked(wallet, "wallet_addEthereumChain", [offerOf(chain, chain.rpc)]);
    }
    const now = await this.now();
    if (now.chainId !== chain.chainId) throw new WrongChain(wallet.name, now.chainId, chain.chainId);
  }

  private take(connected: Connected): void {
    const { wallet } = connected;
    this.unfollow();
    this.unfollow = following(wallet, () => void this.again(wallet));
    this.followed = wallet;
    this.returned = false;
    this.put({ connected });
  }

  private letGo(): void {
    this.unfollow();
    this.unfollow = () => undefined;
    this.followed = null;
    this.put({ connected: null });
  }

  /** Something changed in the wallet: it is asked, for an event may say anything. */
  private async again(wallet: FoundWallet): Promise<void> {
    const connected = await seen(wallet, "eth_accounts").catch(() => null);
    if (this.followed === wallet) this.put({ connected });
  }

  private put(change: Partial<WalletState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}

const EVENTS = ["accountsChanged", "chainChanged", "disconnect", "connect"];

function following({ ethereum }: FoundWallet, changed: () => void): () => void {
  for (const event of EVENTS) ethereum.on?.(event, changed);
  return () => {
    for (const event of EVENTS) ethereum.removeListener?.(event, changed);
  };
}

async function seen(
  wallet: FoundWallet,
  method: "eth_accounts" | "eth_requestAccounts",
): Promise<Connected | null> {
  const accounts = await asked(wallet, method);
  const [account] = Array.isArray(accounts) ? (accounts as readonly unknown[]) : [null];
  if (account === undefined) return null;
  if (typeof account !== "string" || !isAddress(account))
    throw new WalletFaulty(wallet.name, "what it shows is no account");
  const chainId = await asked(wallet, "eth_chainId");
  if (typeof chainId !== "string" || !/^0x[0-9a-f]{1,16}$/i.test(chainId))
    throw new WalletFaulty(wallet.name, "it does not say which chain it is on");
  return { wallet, account: getAddress(account), chainId: BigInt(chainId) };
}

/**
 * Asks a wallet, and gives what it fails with a name of ours.
 *
 * @throws {SignatureRejected} when the person says no. {WalletBusy} when it asks something else already. {WalletFaulty} else.
 */
export async function asked(
  wallet: FoundWallet,
  method: string,
  params: readonly unknown[] = [],
): Promise<unknown> {
  try {
    return await wallet.ethereum.request({ method, params });
  } catch (fault) {
    throw walletFault(wallet, fault);
  }
}

/** What a wallet failed with, by a name of ours. Its own words are others' text, and are cut short. */
export function walletFault({ name }: Pick<FoundWallet, "name">, fault: unknown): Error {
  const codes = codesOf(fault);
  if (codes.includes(CODE.rejected)) return new SignatureRejected(name);
  if (codes.includes(CODE.busy)) return new WalletBusy(name);
  if (codes.includes(CODE.unauthorized)) return new WalletMissing();
  const message = fault instanceof Error || hasMessage(fault) ? fault.message : "it says nothing more";
  return new WalletFaulty(name, plain(message, 200), { cause: fault });
}

const hasMessage = (fault: unknown): fault is { readonly message: string } =>
  typeof fault === "object" && fault !== null && "message" in fault && typeof fault.message === "string";

/** Others' words without what could rearrange the page. */
const plain = (text: string, most: number): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
    .trim()
    .slice(0, most);

const offerOf = ({ chainId, name }: ChainOffer, rpc: string) => ({
  chainId: `0x${chainId.toString(16)}`,
  chainName: name,
  rpcUrls: [rpc],
  nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
});

/** What announced itself, if it is a wallet. */
function walletIn(detail: unknown): FoundWallet | null {
  const { info, provider } = (detail ?? {}) as { readonly info?: unknown; readonly provider?: unknown };
  const { uuid, rdns, name, icon } = (info ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof uuid !== "string" || typeof rdns !== "string" || typeof name !== "string") return null;
  if (uuid.length > 100 || rdns.length > 200 || !isEip1193(provider)) return null;
  return {
    ...{ uuid, rdns, ethereum: provider },
    name: plain(name, MAX_NAME) || "A wallet without a name",
    icon: iconIn(icon),
  };
}

const isEip1193 = (value: unknown): value is Eip1193 =>
  typeof value === "object" && value !== null && "request" in value && typeof value.request === "function";

const iconIn = (icon: unknown): string | null =>
  typeof icon === "string" &&
  icon.length <= MAX_ICON &&
  /^data:image\/(png|svg\+xml|webp|jpeg|gif)[;,]/.test(icon)
    ? icon
    : null;
