import { useSyncExternalStore } from "react";

import { transactions, wallets } from "./page.ts";
import type { ShownTransaction } from "./transactions.ts";
import type { WalletState } from "./wallets.ts";

/** This page's wallets, as they are now. */
export const useWallets = (): WalletState => useSyncExternalStore(wallets.subscribe, wallets.get);

/** This page's transactions, as they are now. */
export const useTransactions = (): readonly ShownTransaction[] =>
  useSyncExternalStore(transactions.subscribe, transactions.get);
