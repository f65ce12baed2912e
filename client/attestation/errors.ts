/** Errors of attestations: of the entry `memory-vault/attestation` alone, so that nobody loads them who verifies none. */
import { VaultError } from "../errors.ts";

const isoOf = (milliseconds: number): string => {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `${milliseconds} (unix milliseconds)` : date.toISOString();
};

/** The first certificate of a document is none that is trusted. */
export class UnknownRoot extends VaultError {
  constructor(
    /** sha256 of the certificate, hex. */
    readonly fingerprint: string,
  ) {
    super(
      `The document's chain begins at the certificate ${fingerprint}, which is not the root of AWS Nitro Enclaves. ` +
        "Nothing that it says counts.",
    );
  }
}

/** A certificate that may not stand where it stands, or is not signed by the one before it. */
export class CertificateRefused extends VaultError {
  constructor(
    /** `root`, `certificate 1` and so on, or `leaf`. */
    readonly which: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`The document's ${which} was refused: ${why}. Ask for another document.`, options);
  }
}

/** A certificate that was not in force at the time in question. */
export class CertificateNotInForce extends VaultError {
  constructor(
    readonly which: string,
    /** Unix milliseconds, as all times here. */
    readonly from: number,
    readonly until: number,
    readonly at: number,
  ) {
    super(
      `The document's ${which} is in force from ${isoOf(from)} to ${isoOf(until)}, not at ${isoOf(at)}. ` +
        "Ask for a document of that time.",
    );
  }
}

/** The document is not signed by the key of its own certificate. */
export class DocumentForged extends VaultError {
  constructor() {
    super(
      "The document's signature is not of its certificate's key: it was altered, or put together. Refuse it.",
    );
  }
}

/** The enclave ran in debug mode: whoever runs the machine reads its memory. */
export class DebugEnclave extends VaultError {
  constructor() {
    super(
      "The enclave runs in debug mode (PCR0, PCR1 or PCR2 is zero): its operator can look inside. Have it started without.",
    );
  }
}

/** The enclave runs an image that is on no list. */
export class PcrsNotAllowed extends VaultError {
  constructor(
    /** What the document says of each PCR that a list names. */
    readonly pcrs: Readonly<Record<string, string>>,
  ) {
    const named = Object.entries(pcrs).map(([name, value]) => `${name} ${value}`);
    super(
      `The enclave runs an image that is not allowed: ${named.join(", ")}. Build the image yourself, compare, and list it.`,
    );
  }
}

/** A list of allowed PCRs that cannot be used. */
export class InvalidPcrs extends VaultError {
  constructor(
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(
      `The list of PCRs cannot be used: ${why}. It is JSON: {"PCR0": "96 hexadecimal digits", "PCR1": …}, or an array of such.`,
      options,
    );
  }
}

/** The document answers another question. */
export class NonceMismatch extends VaultError {
  constructor(
    /** Hex. */
    readonly expected: string,
    /** Hex, or `null` where the document has none. */
    readonly actual: string | null,
  ) {
    super(
      `The document has the nonce ${actual ?? "(none)"} instead of ${expected}: it is another's, or an old one.`,
    );
  }
}

/** The document vouches for something else. */
export class UserDataMismatch extends VaultError {
  constructor(
    /** Hex. */
    readonly expected: string,
    /** Hex, or `null` where the document has none. */
    readonly actual: string | null,
  ) {
    super(
      `The document vouches for ${actual ?? "(nothing)"} instead of ${expected}: it is about another key, account, contract or end.`,
    );
  }
}

/** The document was made too long before or after the time in question. */
export class DocumentNotOfThatTime extends VaultError {
  constructor(
    /** Unix milliseconds, as all times here. */
    readonly timestamp: number,
    readonly at: number,
    readonly maxAge: number,
  ) {
    super(
      `The document is of ${isoOf(timestamp)}, more than ${Math.round(maxAge / 1_000)} s away from ${isoOf(at)}. Ask for a new one.`,
    );
  }
}

/** An account whose key nobody attested. */
export class NotAttested extends VaultError {
  constructor(readonly account: string) {
    super(
      `${account} published its key without an attestation. Ask its operator for one, or grant without requiring it.`,
    );
  }
}

/** The document that an account registered with its key is not in the store. */
export class DocumentMissing extends VaultError {
  constructor(
    readonly account: string,
    /** sha256, 0x-prefixed. */
    readonly digest: string,
  ) {
    super(
      `The document ${digest}, which ${account} registered with its key, is not in the store. Ask its operator for the file.`,
    );
  }
}

/** The account published another key between two looks. */
export class KeyReplaced extends VaultError {
  constructor(
    readonly account: string,
    /** sha256, 0x-prefixed, as all digests here. */
    readonly seen: string,
    readonly now: string,
  ) {
    super(
      `${account} has the key ${now} now; ${seen} was there before. Compare it with its operator, and try again.`,
    );
  }
}

/** A document that is not the one that the account registered with its key. */
export class OtherDocument extends VaultError {
  constructor(
    readonly account: string,
    /** sha256, 0x-prefixed, as all digests here. */
    readonly registered: string,
    readonly actual: string,
  ) {
    super(
      `${account} registered the document ${registered} with its key; this one is ${actual}. Ask for that one.`,
    );
  }
}

/** A bundle about something else than the key in question. */
export class BundleMismatch extends VaultError {
  constructor(
    readonly field: "chain id" | "registry" | "agent" | "recipient",
    readonly expected: string,
    readonly actual: string,
  ) {
    super(`The attested bundle has the ${field} ${actual} instead of ${expected}: it is about another key.`);
  }
}

/** The node does not know the block in which a key was published. */
export class RegistrationUnknown extends VaultError {
  constructor(
    readonly account: string,
    readonly block: number,
  ) {
    super(
      `The node does not know block ${block}, in which ${account} published its key. Ask another RPC, or try again.`,
    );
  }
}

/** The document's nonce is no hash of a block shortly before the key was published. */
export class NonceNotRecent extends VaultError {
  constructor(
    /** Hex, or `null` where the document has none. */
    readonly nonce: string | null,
    /** The block in which the key was published. */
    readonly registered: number,
    /** The block whose hash the nonce is, or `null` where it is that of none. */
    readonly block: number | null,
  ) {
    super(
      `The document's nonce ${nonce ?? "(none)"} is ${block === null ? "no block's hash" : `the hash of block ${block}`}; ` +
        `one of the 256 blocks before ${registered} is needed. Ask for a new document and registration.`,
    );
  }
}

/** An attestation that would hold for longer than any may. */
export class AttestationTooLong extends VaultError {
  constructor(
    /** Unix seconds, as all times here. */
    readonly notAfter: number,
    readonly latest: number,
  ) {
    super(
      `The attestation would hold until ${isoOf(notAfter * 1_000)}; ${isoOf(latest * 1_000)} is the latest, 7 days after its document.`,
    );
  }
}

/** A key that is published for longer than it is attested. */
export class KeyOutlivesAttestation extends VaultError {
  constructor(
    /** Unix seconds, as all times here. */
    readonly expiresAt: number,
    readonly notAfter: number,
  ) {
    super(
      `The key is published until ${isoOf(expiresAt * 1_000)} and attested until ${isoOf(notAfter * 1_000)} only. ` +
        "Have it published for no longer.",
    );
  }
}

/** An attestation that is over. */
export class AttestationExpired extends VaultError {
  constructor(
    /** Unix seconds, as all times here. */
    readonly notAfter: number,
    readonly now: number,
  ) {
    super(
      `The attestation ended at ${isoOf(notAfter * 1_000)}, and it is ${isoOf(now * 1_000)}. Ask its operator for a new one.`,
    );
  }
}
