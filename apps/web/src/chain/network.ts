import type { Provider } from "ethers";

import type { BlobStore, Deployment } from "../../../../client/index.ts";

/** The chain and the store that a vault is reached through, as the person or the host of this page named them. */
export interface NetworkConfig {
  /** What the person calls it. */
  readonly name: string;
  /** Where the chain is read; `null`: through the wallet. */
  readonly rpc: string | null;
  /** Another RPC of the same chain, which must agree. */
  readonly secondRpc: string | null;
  readonly deployment: Deployment;
  /** The store as docs/stores.md writes it. */
  readonly store: string;
}

/** A network that is reached. */
export interface Network {
  readonly config: NetworkConfig;
  readonly provider: Provider;
  readonly secondProvider: Provider | undefined;
  readonly store: BlobStore;
}
