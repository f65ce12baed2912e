import { base64 } from "@scure/base";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { TypedDataEncoder, Wallet } from "ethers";

import {
  identityText,
  recipientBytes,
  recipientDigest,
  recipientOf,
} from "../../../client/crypto/identity.ts";
import * as keys from "../../../client/crypto/keys.ts";
import { refBytes, type VaultRef } from "../../../client/crypto/ref.ts";
import * as sealing from "../../../client/crypto/seal.ts";
import { encodeWelcome } from "../../../client/crypto/welcome-body.ts";
import {
  readWelcome,
  recoverWelcomeSigner,
  welcomeTypedData,
  type Welcome,
} from "../../../client/crypto/welcome.ts";
import { seedToWords, wordsToSeed } from "../../../client/crypto/words.ts";
import { cidOf } from "../../../client/storage/store.ts";
import { testVectors } from "../../helpers/vectors.ts";

type Hex<Fields extends string> = Record<Fields, string>;
type Ref = Hex<"chainId" | "contract" | "vaultId">;

const ref = ({ chainId, contract, vaultId }: Ref): VaultRef => ({
  ...{ chainId: BigInt(chainId), contract, vaultId: BigInt(vaultId) },
});

/** A welcome as the file has it: hex for bytes. */
interface WelcomeInput {
  readonly privateKey: string;
  readonly ref: Ref;
  readonly bytes: Hex<"visibilityKey" | "memberId" | "secret" | "locator" | "recipientDigest">;
  readonly scopes: { readonly id: string; readonly name: string }[];
  readonly inboxRecipient: string | null;
  readonly terms: Pick<
    Welcome,
    "class" | "epoch" | "grantee" | "listed" | "expiresAt" | "permissions" | "admission"
  >;
}

const welcomeOf = ({ ref: vault, bytes, scopes, inboxRecipient, terms }: WelcomeInput): Welcome => ({
  ...terms,
  ref: ref(vault),
  visibilityKey: hexToBytes(bytes.visibilityKey),
  memberId: hexToBytes(bytes.memberId),
  secret: hexToBytes(bytes.secret),
  locator: hexToBytes(bytes.locator),
  recipientDigest: hexToBytes(bytes.recipientDigest),
  scopes: scopes.map(({ id, name }) => ({ id: hexToBytes(id), name })),
  inboxRecipient: inboxRecipient === null ? null : hexToBytes(inboxRecipient),
});

testVectors("crypto", {
  refBytes: (input: Ref) => bytesToHex(refBytes(ref(input))),

  contexts: (input: Ref & Hex<"sequence" | "scopeId" | "name"> & { epoch: number }) => {
    const [vault, sequence, scope] = [ref(input), BigInt(input.sequence), hexToBytes(input.scopeId)];
    return {
      head: bytesToHex(sealing.headContext(vault, sequence)),
      section: bytesToHex(sealing.sectionContext(vault, sequence, input.epoch, scope)),
      page: bytesToHex(sealing.pageContext(vault, input.epoch)),
      chunk: bytesToHex(sealing.chunkContext(vault, input.epoch, scope)),
      index: bytesToHex(sealing.indexContext(vault, input.epoch, scope)),
      welcome: bytesToHex(sealing.welcomeContext(vault)),
      journal: bytesToHex(sealing.journalContext(vault, input.name)),
    };
  },

  seal: (input: Hex<"key" | "context" | "plaintext" | "salt">) => {
    const [key, context, plaintext] = [input.key, input.context, input.plaintext].map(hexToBytes);
    return bytesToHex(sealing.seal(key!, context!, plaintext!, () => hexToBytes(input.salt)));
  },

  open: (input: Hex<"key" | "context" | "sealed">) => {
    try {
      const plaintext = sealing.open(
        hexToBytes(input.key),
        hexToBytes(input.context),
        hexToBytes(input.sealed),
      );
      return plaintext && bytesToHex(plaintext);
    } catch (error) {
      return (error as Error).name;
    }
  },

  words: ({ seed }: Hex<"seed">) => {
    const words = seedToWords(hexToBytes(seed));
    return { words, seed: bytesToHex(wordsToSeed(words)) };
  },

  mintSalt: (input: Hex<"seed"> & { index: number }) =>
    bytesToHex(keys.mintSalt(hexToBytes(input.seed), input.index)),

  seedSecrets: async (input: Ref & Hex<"seed">) => {
    const secrets = keys.seedSecrets(hexToBytes(input.seed), ref(input));
    const recipient = recipientBytes(await recipientOf(secrets.recoveryIdentity));
    return {
      visibilityKey: bytesToHex(secrets.visibilityKey),
      recoverySecret: bytesToHex(secrets.recoverySecret),
      recoveryLocator: bytesToHex(secrets.recoveryLocator),
      recoveryIdentity: secrets.recoveryIdentity,
      recoveryRecipientDigest: bytesToHex(recipientDigest(recipient)),
    };
  },

  cid: (digest: string) => {
    try {
      return cidOf(digest);
    } catch (error) {
      return (error as Error).name;
    }
  },

  recipient: async (secret: string) => {
    const identity = identityText(hexToBytes(secret));
    const recipient = await recipientOf(identity);
    return { identity, recipient, digest: bytesToHex(recipientDigest(recipientBytes(recipient))) };
  },

  scopeKey: (input: Hex<"epochKey" | "scopeId">) =>
    bytesToHex(keys.scopeKey(hexToBytes(input.epochKey), hexToBytes(input.scopeId))),

  ratchet: (input: Hex<"secret"> & { steps: number }) =>
    bytesToHex(keys.ratchet(hexToBytes(input.secret), input.steps)),

  pointer: (input: Ref & Hex<"visibilityKey" | "sequence" | "root" | "digest">) => {
    const [key, root, digest] = [input.visibilityKey, input.root, input.digest].map(hexToBytes);
    return bytesToHex(keys.maskPointer(key!, ref(input), BigInt(input.sequence), root!, digest!));
  },

  keyringEntry: (input: Hex<"secret" | "keyringSalt" | "scopeId" | "key">) => {
    const [secret, salt, scope, key] = [input.secret, input.keyringSalt, input.scopeId, input.key].map(
      hexToBytes,
    );
    return bytesToHex(keys.keyringEntry(secret!, salt!, scope!, key!));
  },

  locatorEntry: (input: Hex<"locator" | "keyringSalt" | "digest">) => {
    const [locator, salt, digest] = [input.locator, input.keyringSalt, input.digest].map(hexToBytes);
    return bytesToHex(keys.locatorEntry(locator!, salt!, digest!));
  },

  welcome: async (input: WelcomeInput) => {
    const welcome = welcomeOf(input);
    const { domain, types, message } = welcomeTypedData(welcome);
    const signature = await new Wallet(input.privateKey).signTypedData(domain, types, message);
    return {
      body: bytesToHex(encodeWelcome(welcome)),
      bodyHash: message.bodyHash,
      signedHash: TypedDataEncoder.hash(domain, types, message),
      signature,
      signer: recoverWelcomeSigner(welcome, hexToBytes(signature.slice(2))),
    };
  },

  welcomeFile: async (input: { identity: string; base64: string }) => {
    const file = base64.decode(input.base64);
    const { welcome, signer, signature, digest } = await readWelcome(file, input.identity);
    return {
      ...{ size: file.length, digest: bytesToHex(digest), signer, signature: bytesToHex(signature) },
      ...{ body: bytesToHex(encodeWelcome(welcome)) },
    };
  },
});
