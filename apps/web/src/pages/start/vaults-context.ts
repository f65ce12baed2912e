import { createContext } from "react";

/** Leaves the open vault for the list of all; `null` where no vault is open. */
export const VaultsContext = createContext<(() => void) | null>(null);
