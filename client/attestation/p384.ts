const ALGORITHM = { name: "ECDSA", namedCurve: "P-384" };

/** A copy in memory of its own, which the platform's functions ask for. */
const owned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

/**
 * Whether a signature (r and s, 96 bytes) by ECDSA with SHA-384 is that of a key of P-384, by the platform's own
 * cryptography (WebCrypto, in Node and browsers).
 *
 * @param key - an uncompressed point. One that is not on the curve has signed nothing.
 */
export async function isSignedBy(
  key: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  const imported = await subtle
    .importKey("raw", owned(key), ALGORITHM, false, ["verify"])
    .catch((fault: unknown) => {
      if (fault instanceof DOMException && fault.name === "DataError") return null;
      throw fault;
    });
  if (imported === null) return false;
  return subtle.verify({ name: "ECDSA", hash: "SHA-384" }, imported, owned(signature), owned(message));
}
