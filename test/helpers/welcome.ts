import type { Welcome } from "../../client/crypto/welcome.ts";

/** A reader's welcome to a vault, with nothing in it. */
export const emptyWelcome = (ref: Welcome["ref"]): Welcome => ({
  ...{ ref, visibilityKey: new Uint8Array(32), memberId: new Uint8Array(16), class: "reader", epoch: 0 },
  ...{ secret: new Uint8Array(32), locator: new Uint8Array(32), scopes: [], grantee: null, listed: false },
  ...{ expiresAt: null, permissions: 1, admission: "fresh", inboxRecipient: null },
  recipientDigest: new Uint8Array(32),
});
