import { randomBytes } from "@noble/hashes/utils.js";
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

import type { DeviceHome } from "../../../apps/web/src/device/device.ts";
import { PasskeyCancelled, PasskeyUnsupported, PasskeyWrong } from "../../../apps/web/src/device/errors.ts";
import type { Passkeys } from "../../../apps/web/src/device/passkeys.ts";
import { passphraseBox } from "../../../apps/web/src/device/passphrase.ts";
import { memoryJournalStore, type JournalStore } from "../../../client/index.ts";

/** A device's place that is forgotten with the test. */
export const memoryHome = (): DeviceHome => ({
  files: memoryJournalStore() as Required<JournalStore>,
  journalStore: () => memoryJournalStore() as Required<JournalStore>,
  random: (length) => randomBytes(length),
});

/** What draws ways in tests. */
export const drawing = { random: (length: number) => randomBytes(length), now: () => 1_700_000_000_000 };

/** Passphrases that are guessed at once: tests have no second to spare. */
export const quickBox = passphraseBox(4);

/** A manager of passkeys that answers as it is told. */
export class PretendPasskeys implements Passkeys {
  mood: "willing" | "cancels" | "cancels to seal" | "has no PRF" = "willing";
  readonly #identities = new Map<string, string>();

  readonly available = (): Promise<boolean> => Promise.resolve(true);

  readonly create = async (name: string): Promise<string> => {
    this.#ask();
    const credential = `${name} ${this.#identities.size}`;
    this.#identities.set(credential, await generateHybridIdentity());
    return credential;
  };

  readonly seal = async (credential: string, bytes: Uint8Array): Promise<Uint8Array> => {
    this.#ask();
    if (this.mood === "cancels to seal") throw new PasskeyCancelled();
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(this.#identities.get(credential)!));
    return encrypter.encrypt(bytes);
  };

  readonly open = async (credential: string, file: Uint8Array): Promise<Uint8Array> => {
    this.#ask();
    const decrypter = new Decrypter();
    decrypter.addIdentity(this.#identities.get(credential) ?? (await generateHybridIdentity()));
    return decrypter.decrypt(file).catch((cause: unknown) => {
      throw new PasskeyWrong({ cause });
    });
  };

  #ask(): void {
    if (this.mood === "cancels") throw new PasskeyCancelled();
    if (this.mood === "has no PRF") throw new PasskeyUnsupported("no PRF");
  }
}
