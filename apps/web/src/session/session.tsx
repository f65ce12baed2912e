import { createContext, use, type ReactNode } from "react";

import type { Vault } from "../../../../client/index.ts";
import type { Network } from "../chain/network.ts";
import type { KnownVault, Profile } from "../device/profile.ts";

/** One vault, open on an unlocked device. */
export interface Session {
  readonly vault: Vault;
  readonly known: KnownVault;
  readonly network: Network;
  readonly profile: Profile;
  /** Gives the keys up: the device asks for a passkey or a passphrase again. */
  readonly lock: () => void;
}

const SessionContext = createContext<Session | null>(null);

/** Gives the pages below it their session. */
export function SessionProvider(props: {
  readonly session: Session;
  readonly children: ReactNode;
}): ReactNode {
  return <SessionContext value={props.session}>{props.children}</SessionContext>;
}

/** The session of the page; pages that need one are shown within one only. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new TypeError("this page is shown where no vault is open");
  return session;
}
