import { readFile } from "node:fs/promises";

import { base64 } from "@scure/base";
import { isAddress } from "ethers";

import type { ChainView, Pcrs, VerifiedAttestation } from "../../client/attestation.ts";
import { InvalidAccount, recipientBytes, registryContract, type Vault } from "../../client/index.ts";
import { FileFault, UsageFault } from "./faults.ts";
import { iso } from "./show.ts";
import { oneLine, written } from "./terminal.ts";

// Certificates are loaded when an attestation is asked for, and not before.
const attestations = () => import("../../client/attestation.ts");

/** What a grantee's key must have: an enclave that vouches for it, and runs what is allowed. */
export interface RequiredAttestation {
  /** The images that the owner allows. */
  readonly pcrs: readonly Pcrs[];
  /** The enclave's document, if it was handed over; else the store has it. */
  readonly document?: Uint8Array;
}

/** Options of the commands that grant. */
export interface AttestationOptions {
  readonly requireAttestation?: string;
  readonly attestation?: string;
}

/** What {@link AttestationOptions} are on the command line. */
export const ATTESTATION_OPTIONS = [
  [
    "--require-attestation <file>",
    "only if an attested enclave vouches for the key; the file lists PCRs that you allow",
  ],
  ["--attestation <file>", "the enclave's document, where the store does not have it"],
] as const;

/**
 * What the options of a command ask for.
 *
 * @returns `null` when no attestation is required.
 * @throws {UsageFault} when a document comes without a list. {FileFault} when a file cannot be used. {InvalidPcrs} when
 *   the list is none.
 */
export async function requiredAttestation({
  requireAttestation: list,
  attestation,
}: AttestationOptions): Promise<RequiredAttestation | null> {
  if (list === undefined) {
    if (attestation === undefined) return null;
    throw new UsageFault("--attestation goes with --require-attestation, which says what may run.");
  }
  const { parsePcrs } = await attestations();
  const pcrs = parsePcrs((await fileBytes(list, "a list of PCRs")).toString("utf8"));
  if (attestation === undefined) return { pcrs };
  return { pcrs, document: documentIn(attestation, await fileBytes(attestation, "an attestation document")) };
}

const fileBytes = (file: string, what: string): Promise<Buffer> =>
  readFile(file).catch((cause: unknown) => {
    throw new FileFault(oneLine(file), `cannot be read: name a file with ${what}.`, { cause });
  });

/** A document as enclaves write it, which begins with a byte that no text has, or in base64. */
function documentIn(file: string, content: Buffer): Uint8Array {
  if ((content[0] ?? 0) >= 0x80) return new Uint8Array(content);
  try {
    return base64.decode(content.toString("latin1").replace(/\s/g, ""));
  } catch (cause) {
    throw new FileFault(oneLine(file), "holds no attestation document, nor one in base64.", { cause });
  }
}

/** Where a grantee's key is published, and what is trusted about its attestation. */
export interface AttestedPlace {
  readonly vault: Vault;
  readonly keyRegistry: string;
  /** sha256 of root certificates: of tests. AWS's unless given. */
  readonly roots?: readonly string[] | undefined;
}

/**
 * Verifies that an attested enclave vouches for a key, by every RPC of the vault, before anything is sent.
 *
 * @param to - the account that published the key.
 * @param recipient - the key that the grant is about to be made to, `age1pq1…`.
 * @throws {InvalidAccount} when there is no account: a recipient alone is published nowhere.
 * @throws {VaultError} when it does not, by the name of what is wrong.
 */
export async function attestedKey(
  { vault, keyRegistry, roots }: AttestedPlace,
  to: string,
  recipient: string,
  { pcrs, document }: RequiredAttestation,
): Promise<VerifiedAttestation> {
  if (!isAddress(to)) throw new InvalidAccount(to);
  const { verifyAttestation } = await attestations();
  const providers = [vault.provider, ...(vault.second === null ? [] : [vault.second.provider])];
  const chain: readonly ChainView[] = providers.map((provider) => ({
    ...{ registry: registryContract(keyRegistry, provider), provider },
  }));
  const newest = await vault.provider.getBlock("latest");
  // An attestation is over when either clock says so.
  const now = Math.max(Math.floor(vault.now() / 1_000), newest?.timestamp ?? 0);
  return verifyAttestation(
    { chainId: vault.ref.chainId, registry: keyRegistry, agent: to },
    recipientBytes(recipient),
    {
      ...{ chain, now, pcrs, document },
      ...(roots === undefined ? {} : { roots }),
      fetch: (digest) => vault.store.get(digest),
    },
  );
}

/** What an attestation leaves open, for a person and a program alike. */
export const NOT_PROVEN = [
  "that the image is honest: compare its PCRs with those of a build of your own",
  "that AWS and its hardware are, or that nothing leaks by side channels",
  "that a model's provider does not see the text which the image sends there",
  "anything about another key: the grant is to this one, and a new one needs a new grant",
] as const;

/** PCRs that say something: zeros are unused registers. */
const shownPcrs = ({ pcrs }: VerifiedAttestation): [string, string][] =>
  [...pcrs].filter(([, digits]) => /[1-9a-f]/.test(digits)).map(([index, digits]) => [`PCR${index}`, digits]);

/** What was verified, as a person reads it. */
export const attestationLines = (attestation: VerifiedAttestation): string[] => [
  `Attested     verified by this device: the enclave ${written(attestation.moduleId, 80)} of AWS Nitro vouched`,
  `             for this key at ${String(iso(attestation.timestamp))}; published in block ${attestation.block}`,
  ...shownPcrs(attestation).map(([name, digits]) => `${name.padEnd(12)} ${digits}`),
  `Counts until ${String(iso(attestation.notAfter * 1_000))}, for grants made by then; the grant ends by its own date`,
  ...NOT_PROVEN.map((what, i) => (i === 0 ? "Not proven" : "").padEnd(13) + what),
];

/** What was verified, as `--json` prints it. */
export const attestationJson = (attestation: VerifiedAttestation) => ({
  verifiedBy: "this device",
  moduleId: attestation.moduleId,
  pcrs: Object.fromEntries(shownPcrs(attestation)),
  document: attestation.digest,
  madeAt: iso(attestation.timestamp),
  registeredAt: iso(attestation.registeredAt * 1_000),
  block: attestation.block,
  until: iso(attestation.notAfter * 1_000),
  key: attestation.recipientDigest,
  notProven: NOT_PROVEN,
});
