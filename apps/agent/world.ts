import type { Provider, Signer } from "ethers";

import type { AgentHandler, Finality } from "../../client/agents.ts";
import type { BlobStore, JournalStore, VaultRef } from "../../client/index.ts";
import type { Attest } from "./attest.ts";
import type { Log } from "./log.ts";

/** All that a runner has of the world around it. */
export interface AgentWorld {
  /** The agent contract. */
  readonly agent: string;
  readonly provider: Provider;
  /** Another RPC of the chain, which must agree in what was asked, by whom, and what is read. */
  readonly secondProvider?: Provider | undefined;
  /** The operator's account. It only signs: the runner keeps count of what it sends. */
  readonly operator: Pick<Signer, "signTransaction" | "signTypedData"> & { readonly address: string };
  /** Hands a signed transaction to the chain. */
  readonly broadcast: (raw: string) => Promise<void>;
  readonly store: BlobStore;
  /** The runner's own journal; nobody else may work on it meanwhile. */
  readonly journalStore: JournalStore;
  /** The journal of a vault that is read. */
  readonly vaultJournal: (ref: VaultRef) => JournalStore;
  /** 32 bytes that seal the journals. */
  readonly journalKey: Uint8Array;
  readonly handle: AgentHandler;
  /** Where the identities are kept in an enclave: has it vouch for each key before it is published. */
  readonly attest?: Attest | undefined;
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Waits so many milliseconds, or until the signal. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: ((length: number) => Uint8Array) | undefined;
  /** When a block counts as final; the chain's own answer unless said. */
  readonly finality?: Finality | undefined;
}

/** How a runner works. */
export interface RunnerOptions {
  /** Requests that are worked on at once. */
  readonly concurrency: number;
  /** The first block to look at: where the journal has not come so far, or to look again from. */
  readonly fromBlock: number | null;
  /** Whether to end when what is there was handled. */
  readonly once: boolean;
  /** Seconds for which a published key is good. */
  readonly keyLifetime: number;
  /** Milliseconds that the handler has. */
  readonly patience: number;
  /** Milliseconds between two looks at the chain. */
  readonly poll: number;
  /** Milliseconds after which a transaction that no block took is sent again with a higher fee. */
  readonly stuckAfter: number;
  /** Wei per gas that are paid at most, or `null` for what is usual: four times the block's base fee, and 50 gwei on top. */
  readonly maxFee: bigint | null;
  /** Milliseconds that what is under way has when the runner is to stop. */
  readonly grace: number;
}

/** How a runner works unless somebody says. */
export const DEFAULTS: RunnerOptions = {
  ...{ concurrency: 4, fromBlock: null, once: false, keyLifetime: 90 * 86_400, patience: 60_000 },
  ...{ poll: 4_000, stuckAfter: 180_000, maxFee: null, grace: 30_000 },
};

/** The platform's way to wait. */
export const systemSleep: AgentWorld["sleep"] = (ms, signal) =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
