import { VaultError } from "../../../../client/errors.ts";

/** This browser has keys already. */
export class DeviceExists extends VaultError {
  constructor() {
    super(
      "This browser has the keys of a device already, and they are kept. Reload this page and unlock them.",
    );
  }
}

/** This browser has no keys, or another tab removed them. */
export class DeviceMissing extends VaultError {
  constructor() {
    super(
      "This browser keeps no keys of a device. Reload this page; then make a vault, recover one, or open a welcome.",
    );
  }
}

/** The device was locked while something still used it. */
export class DeviceLocked extends VaultError {
  constructor() {
    super("This device is locked, and nothing was changed. Unlock it and try again.");
  }
}

/** A file of the device is not what it should be; carries nothing of it. */
export class DeviceFileBroken extends VaultError {
  constructor(readonly file: string) {
    super(
      `${JSON.stringify(file)}, a file of this device, is broken. Unlock in another way. If none opens: remove this device's data, and recover the vault with its 24 words.`,
    );
  }
}

/** One way to unlock is not enough: what is lost then is the device. */
export class TooFewWays extends VaultError {
  constructor(readonly left: number) {
    super(
      `A device keeps at least two ways to unlock it, of two kinds, and ${left} would be there. Add another one first.`,
    );
  }
}

/** There is no such way to unlock this device. */
export class NoSuchWay extends VaultError {
  constructor(readonly kind: string) {
    super(`This device has no ${kind} to unlock it. Unlock it in another way.`);
  }
}

/** The passphrase does not open this device. */
export class WrongPassphrase extends VaultError {
  constructor() {
    super("This passphrase does not open this device. Look at upper and lower case, and try again.");
  }
}

/** The passphrase is too easily guessed. */
export class PassphraseTooShort extends VaultError {
  constructor(
    readonly length: number,
    readonly least: number,
  ) {
    super(
      `The passphrase has ${length} ${length === 1 ? "character" : "characters"}, and needs at least ${least}. Four or five words that have nothing to do with each other are better still.`,
    );
  }
}

/** The words are 24 words, and not those of this device. */
export class WrongWords extends VaultError {
  constructor() {
    super(
      "These are 24 words, and not the ones that unlock this device. Look for another sheet; words that were renewed unlock it once they were set in the settings.",
    );
  }
}

/** Nobody confirmed the passkey. */
export class PasskeyCancelled extends VaultError {
  constructor(options?: ErrorOptions) {
    super(
      "The passkey was not confirmed: it was cancelled, took too long, or is not on this device. Try again, or unlock in another way.",
      options,
    );
  }
}

/** The passkey cannot seal keys. */
export class PasskeyUnsupported extends VaultError {
  constructor(
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(
      `This passkey cannot unlock a vault: ${why}. Use a passphrase, or a passkey of another manager that has PRF. If one called "Memory Vault" was made just now, it opens nothing: delete it where your passkeys are kept.`,
      options,
    );
  }
}

/** A passkey was made, and seals nothing: it stays with its manager until somebody deletes it. */
export class PasskeyLeftOver extends VaultError {
  constructor(
    readonly passkey: string,
    options?: ErrorOptions,
  ) {
    super(
      `A passkey "${passkey}" was made, and not confirmed the second time: it opens nothing here. Delete it where your passkeys are kept, and add another one.`,
      options,
    );
  }
}

/** The passkey opened another thing, or an altered one. */
export class PasskeyWrong extends VaultError {
  constructor(options?: ErrorOptions) {
    super("This passkey does not open this device. Choose the other one, or unlock in another way.", options);
  }
}
