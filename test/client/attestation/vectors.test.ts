import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import {
  encodeBundle,
  parsePcrs,
  userDataOf,
  verifyBundle,
  verifyDocument,
  type Bundle,
  type Registration,
  type VerifiedDocument,
} from "../../../client/attestation.ts";
import { testVectors } from "../../helpers/vectors.ts";

type Text<Fields extends string> = Readonly<Record<Fields, string>>;

type BundleInput = Text<"chainId" | "registry" | "agent" | "recipient"> & { readonly notAfter: number };

interface Allowed {
  readonly pcrs: unknown;
  readonly roots: readonly string[];
}

interface DocumentInput extends Text<"document">, Partial<Text<"nonce" | "userData">>, Allowed {
  readonly at: number;
  readonly maxAge?: number;
}

interface AttestedInput extends Text<"document">, Allowed {
  readonly bundle: BundleInput;
  readonly registration: Omit<Registration, "chainId" | "registry" | "agent">;
  readonly blocks: Readonly<Record<string, number>>;
  readonly now: number;
}

const bundleOf = ({ chainId, recipient, ...rest }: BundleInput): Bundle => ({
  ...{ ...rest, chainId: BigInt(chainId), recipient: hexToBytes(recipient) },
});

const allowed = ({ pcrs, roots }: Allowed) => ({ pcrs: parsePcrs(JSON.stringify(pcrs)), roots });

const hexOrNull = (bytes: Uint8Array | null): string | null => (bytes === null ? null : bytesToHex(bytes));

const factsOf = (document: VerifiedDocument) => ({
  ...{ moduleId: document.moduleId, timestamp: document.timestamp, digest: document.digest },
  ...{ validFrom: document.validFrom, validUntil: document.validUntil, pcr0: document.pcrs.get(0) },
  ...{ nonce: hexOrNull(document.nonce), userData: hexOrNull(document.userData) },
  publicKey: hexOrNull(document.publicKey),
});

const nameOf = (fault: unknown): string => (fault as Error).name;

/** The account and registry of every story; a bundle may be about others. */
const PLACE = { chainId: 31_337n, registry: `0x${"a1".repeat(20)}`, agent: `0x${"b2".repeat(20)}` };

testVectors("attestation", {
  bundle: (input: BundleInput) => {
    const bundle = bundleOf(input);
    return { bundle: bytesToHex(encodeBundle(bundle)), userData: bytesToHex(userDataOf(bundle)) };
  },

  document: ({ document, at, nonce, userData, maxAge, ...rest }: DocumentInput) =>
    verifyDocument(hexToBytes(document), {
      ...{ at, ...allowed(rest) },
      ...(nonce === undefined ? {} : { nonce: hexToBytes(nonce) }),
      ...(userData === undefined ? {} : { userData: hexToBytes(userData) }),
      ...(maxAge === undefined ? {} : { maxAge }),
    }).then(factsOf, nameOf),

  attested: ({ document, bundle, registration, blocks, now, ...rest }: AttestedInput) => {
    const hashes = new Map(Object.entries(blocks).map(([hash, number]) => [number, hash]));
    const view = {
      registry: { keyOf: () => Promise.reject(new Error("not asked")) },
      provider: {
        getBlock: (block: number | string) => {
          const number = typeof block === "number" ? block : blocks[block];
          const hash = number === undefined ? undefined : hashes.get(number);
          return Promise.resolve(
            number === undefined || hash === undefined ? null : { number, hash, timestamp: 0 },
          );
        },
      },
    };
    return verifyBundle(
      hexToBytes(document),
      bundleOf(bundle),
      { ...PLACE, ...registration },
      { ...{ chain: [view], now }, ...allowed(rest) },
    ).then(
      ({ agent, recipientDigest, notAfter }) => ({ agent, recipientDigest, notAfter }),
      (fault: unknown) => nameOf(fault),
    );
  },
});
