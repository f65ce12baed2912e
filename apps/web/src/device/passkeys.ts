import { Decrypter, Encrypter, webauthn } from "age-encryption";

import { PasskeyCancelled, PasskeyUnsupported, PasskeyWrong } from "./errors.ts";

/** What passkeys do here: a manager keeps a secret, and shows what a seal needs of it when the person confirms. */
export interface Passkeys {
  /** Whether this browser and this address know passkeys that can seal; whether a manager does shows when one is made. */
  readonly available: () => Promise<boolean>;
  /**
   * Makes a passkey.
   *
   * @param name - What managers show.
   * @returns What finds it again; nothing in it is secret.
   * @throws PasskeyCancelled|PasskeyUnsupported
   */
  readonly create: (name: string) => Promise<string>;
  /** @throws PasskeyCancelled|PasskeyUnsupported */
  readonly seal: (credential: string, bytes: Uint8Array) => Promise<Uint8Array>;
  /** @throws PasskeyCancelled|PasskeyUnsupported|PasskeyWrong */
  readonly open: (credential: string, file: Uint8Array) => Promise<Uint8Array>;
}

/** What of the browser passkeys need to know before they are asked for. */
export interface PasskeyWorld {
  readonly hostname: string;
  readonly credential: typeof PublicKeyCredential | undefined;
}

const browserWorld = (): PasskeyWorld => ({
  hostname: location.hostname,
  credential: (globalThis as { readonly PublicKeyCredential?: typeof PublicKeyCredential })
    .PublicKeyCredential,
});

/** Passkeys of this browser, by their PRF: age files that one of them opens. */
export const browserPasskeys = (world: () => PasskeyWorld = browserWorld): Passkeys => ({
  available: () => available(world()),
  create: (keyName) => named(() => webauthn.createCredential({ keyName })),
  seal: (identity, bytes) =>
    named(() => {
      const encrypter = new Encrypter();
      encrypter.addRecipient(new webauthn.WebAuthnRecipient({ identity }));
      return encrypter.encrypt(bytes);
    }),
  open: (identity, file) =>
    named(() => {
      const decrypter = new Decrypter();
      decrypter.addIdentity(new webauthn.WebAuthnIdentity({ identity }));
      return decrypter.decrypt(file);
    }, true),
});

async function available({ hostname, credential }: PasskeyWorld): Promise<boolean> {
  // A passkey is of a name, never of a number.
  if (credential === undefined || /^[\d.]+$|^\[/.test(hostname)) return false;
  const known = credential as { readonly getClientCapabilities?: () => Promise<Record<string, boolean>> };
  const capabilities = await known.getClientCapabilities?.().catch(() => ({}));
  return (capabilities as Record<string, boolean> | undefined)?.["extension:prf"] !== false;
}

/** Gives what browsers and the library say the names of {@link Passkeys}. */
async function named<T>(work: () => Promise<T>, opening = false): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
    if (name === "NotAllowedError" || name === "AbortError") throw new PasskeyCancelled({ cause });
    if (/\bPRF (extension|result)/.test(message))
      throw new PasskeyUnsupported("its manager has no PRF, which seals keys", { cause });
    if (opening && !(cause instanceof DOMException)) throw new PasskeyWrong({ cause });
    throw new PasskeyUnsupported(message, { cause });
  }
}
