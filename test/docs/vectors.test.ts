import { createCipheriv, createHash, createHmac, verify, X509Certificate } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";

import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { AbiCoder, id as hashText, keccak256, Mnemonic, Wallet } from "ethers";
import { CID } from "multiformats/cid";
import { create } from "multiformats/hashes/digest";

import { KIND } from "../../client/vault/roster.ts";
import { codeIn, tableUnder } from "./markdown.ts";
import { contextOf, decodeCbor, derive, memoryLeaf, open, refOf, unframe } from "./reader.ts";

const ROOT = new URL("../../", import.meta.url);
const SPEC = await readFile(new URL("SPEC.md", ROOT), "utf8");

interface Vector<In, Out> {
  readonly title: string;
  readonly in: In;
  readonly out: Out;
}
type Groups = Readonly<Record<string, readonly Vector<unknown, unknown>[]>>;

const load = async (name: string): Promise<Groups> =>
  JSON.parse(await readFile(new URL(`test/vectors/${name}`, ROOT), "utf8")) as Groups;

/** The vectors that are the client's own; the ERC's are in another form. */
const FILES = (await readdir(new URL("test/vectors", ROOT))).filter((name) => name !== "erc8350.json").sort();
const VECTORS = new Map(await Promise.all(FILES.map(async (name) => [name, await load(name)] as const)));

describe("SPEC.md, the list of vectors", () => {
  const rows = tableUnder(SPEC, "| what | vectors |");
  const named = rows.flatMap(([, vectors]) => {
    const [codes] = [codeIn(vectors!)];
    return codes.flatMap((code, i) => (i % 2 === 0 ? [`${code} ${codes[i + 1]!}`] : []));
  });

  it("has every group of every file, once, and no other", () => {
    const all = [...VECTORS].flatMap(([file, groups]) =>
      Object.keys(groups).map((group) => `${file} ${group}`),
    );
    expect(named.toSorted()).to.deep.equal(all.toSorted());
    for (const [file, groups] of VECTORS)
      for (const [group, vectors] of Object.entries(groups))
        expect(vectors, `${file} ${group}`).not.to.be.empty;
  });

  it("has every file of the table before it", () => {
    const files = tableUnder(SPEC, "| file | what |").map(([file]) =>
      codeIn(file!)[0]!.replace("test/vectors/", ""),
    );
    expect(files.sort()).to.deep.equal([...FILES, "erc8350.json"].sort());
  });

  it("has every derivation, every context and every kind of record", () => {
    const whats = rows.flatMap(([what]) => codeIn(what!));
    const purposes = tableUnder(SPEC, "| purpose | ikm | salt | info | bytes |").map(
      ([purpose]) => codeIn(purpose!)[0]!,
    );
    const contexts = tableUnder(SPEC, "| purpose | key | fields |").map(([purpose]) => codeIn(purpose!)[0]!);
    expect(whats.toSorted()).to.deep.equal([...new Set([...purposes, ...contexts])].sort());
    const kinds = rows.flatMap(([what]) => /^kind (\d+),/.exec(what!)?.[1] ?? []).map(Number);
    expect(kinds).to.deep.equal(Object.values(KIND));
  });
});

const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, "hex"));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const big = (value: bigint | number | string, size: number): Uint8Array =>
  unhex(
    BigInt(value)
      .toString(16)
      .padStart(2 * size, "0"),
  );
const info = (purpose: string, ...fields: Uint8Array[]): Uint8Array =>
  join(utf8(`memory-vault/v1/${purpose}`), ...fields);
const NOTHING = new Uint8Array(0);

type Hex<Fields extends string> = Readonly<Record<Fields, string>>;
type Ref = Hex<"chainId" | "contract" | "vaultId">;
const refBytes = ({ chainId, contract, vaultId }: Ref): Uint8Array =>
  refOf({ chainId: BigInt(chainId), contract, vaultId: BigInt(vaultId) });

/** CBOR of what requests are made of, by the words of RFC 8949. */
function cborOf(value: unknown): Uint8Array {
  const head = (major: number, count: number): Uint8Array => {
    if (count < 24) return Uint8Array.of((major << 5) | count);
    const size = count < 2 ** 8 ? 0 : count < 2 ** 16 ? 1 : count < 2 ** 32 ? 2 : 3;
    return join(Uint8Array.of((major << 5) | (24 + size)), big(count, 2 ** size));
  };
  if (typeof value === "number") return head(0, value);
  if (value instanceof Uint8Array) return join(head(2, value.length), value);
  if (typeof value === "string") return join(head(3, utf8(value).length), utf8(value));
  const items = value as readonly unknown[];
  return join(head(4, items.length), ...items.map(cborOf));
}

/** The EIP-712 hash of a message, in the domain of a vault's contract. */
function typedHash(ref: Ref, fields: readonly (readonly [type: string, value: unknown])[]): string {
  const encode = (parts: typeof fields): Uint8Array =>
    unhex(
      keccak256(
        AbiCoder.defaultAbiCoder().encode(
          parts.map(([type]) => type),
          parts.map(([, value]) => value),
        ),
      ).slice(2),
    );
  const of = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  const domain = encode([
    ["bytes32", hashText(of)],
    ["bytes32", hashText("AgentMemoryState")],
    ["bytes32", hashText("1")],
    ["uint256", BigInt(ref.chainId)],
    ["address", ref.contract],
  ]);
  return keccak256(join(utf8("\u0019\u0001"), domain, encode(fields)));
}

function encrypt(key: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", key, new Uint8Array(12), { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  return join(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

function sealed(key: Uint8Array, context: Uint8Array, plaintext: Uint8Array, salt: Uint8Array): Uint8Array {
  const okm = derive(key, salt, context, 64);
  return join(salt, okm.subarray(32), encrypt(okm.subarray(0, 32), context, plaintext));
}

function entry(secret: Uint8Array, salt: Uint8Array, purpose: Uint8Array, key: Uint8Array): Uint8Array {
  const okm = derive(secret, salt, purpose, 64);
  return join(okm.subarray(0, 32), encrypt(okm.subarray(32), purpose, key));
}

/** Bytes of a seed as the vectors draw them: `sha256(seed ‖ "/" ‖ n)`, as many as it takes. */
function drawing(seed: string): (length: number) => Uint8Array {
  let n = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let have = 0; have < length; have += 32)
      blocks.push(new Uint8Array(createHash("sha256").update(`${seed}/${n++}`).digest()));
    return join(...blocks).slice(0, length);
  };
}

/** What another implementation gives for a vector's input; compared with the part of the output that it knows. */
const AGAIN: Readonly<Record<string, (input: never, out: never) => unknown>> = {
  "crypto.json refBytes": (input: Ref) => hex(refBytes(input)),
  "crypto.json contexts": (input: Ref & Hex<"sequence" | "scopeId" | "name"> & { epoch: number }) => {
    const [ref, epoch, scope, sequence] = [
      refBytes(input),
      big(input.epoch, 4),
      unhex(input.scopeId),
      big(input.sequence, 8),
    ];
    return {
      head: hex(contextOf("head", ref, sequence)),
      section: hex(contextOf("section", ref, sequence, epoch, scope)),
      page: hex(contextOf("page", ref, epoch)),
      chunk: hex(contextOf("chunk", ref, epoch, scope)),
      index: hex(contextOf("index", ref, epoch, scope)),
      welcome: hex(contextOf("welcome", ref)),
      journal: hex(contextOf("journal", ref, utf8(input.name))),
    };
  },
  "crypto.json seal": ({ key, context, plaintext, salt }: Hex<"key" | "context" | "plaintext" | "salt">) =>
    hex(sealed(unhex(key), unhex(context), unhex(plaintext), unhex(salt))),
  "crypto.json open": (input: Hex<"key" | "context" | "sealed">, out: string | null) => {
    try {
      const plaintext = open(unhex(input.key), unhex(input.context), unhex(input.sealed));
      return plaintext && hex(plaintext);
    } catch {
      // What it is called is the client's own; that it fails is not.
      return /Error$|^Malformed/.test(String(out)) ? out : "a fault";
    }
  },
  "crypto.json words": ({ seed }: Hex<"seed">) => ({ words: Mnemonic.fromEntropy(`0x${seed}`).phrase, seed }),
  "crypto.json mintSalt": ({ seed, index }: Hex<"seed"> & { index: number }) =>
    hex(derive(unhex(seed), NOTHING, info("mint-salt", big(index, 4)))),
  "crypto.json seedSecrets": (
    input: Ref & Hex<"seed">,
    out: Hex<"recoveryIdentity" | "recoveryRecipientDigest">,
  ) => {
    const secret = (purpose: string) => hex(derive(unhex(input.seed), refBytes(input), info(purpose)));
    return {
      ...{ visibilityKey: secret("visibility-key"), recoverySecret: secret("recovery-secret") },
      ...{ recoveryLocator: secret("recovery-locator") },
      // bech32 and X-Wing: age's own library is what there is.
      ...{ recoveryIdentity: out.recoveryIdentity, recoveryRecipientDigest: out.recoveryRecipientDigest },
    };
  },
  "crypto.json scopeKey": ({ epochKey, scopeId }: Hex<"epochKey" | "scopeId">) =>
    hex(derive(unhex(epochKey), NOTHING, info("scope-key", unhex(scopeId)))),
  "crypto.json ratchet": ({ secret, steps }: Hex<"secret"> & { steps: number }) => {
    let next = unhex(secret);
    for (let step = 0; step < steps; step++) next = derive(next, NOTHING, info("member-ratchet"));
    return hex(next);
  },
  "crypto.json pointer": (input: Ref & Hex<"visibilityKey" | "sequence" | "root" | "digest">) => {
    const hmac = createHmac("sha256", derive(unhex(input.visibilityKey), NOTHING, info("pointer")));
    const pad = hmac.update(join(refBytes(input), big(input.sequence, 8), unhex(input.root))).digest();
    return hex(unhex(input.digest).map((byte, i) => byte ^ pad[i]!));
  },
  "crypto.json keyringEntry": (input: Hex<"secret" | "keyringSalt" | "scopeId" | "key">) =>
    hex(
      entry(
        unhex(input.secret),
        unhex(input.keyringSalt),
        info("keyring-entry", unhex(input.scopeId)),
        unhex(input.key),
      ),
    ),
  "crypto.json locatorEntry": (input: Hex<"locator" | "keyringSalt" | "digest">) =>
    hex(entry(unhex(input.locator), unhex(input.keyringSalt), info("keyring-locator"), unhex(input.digest))),
  "crypto.json cid": (digest: string) =>
    /^[0-9a-f]{64}$/.test(digest)
      ? CID.createV1(0x55, create(0x12, unhex(digest))).toString()
      : "InvalidDigest",
  "crypto.json welcome": async (input: { privateKey: string }, out: Hex<"signedHash" | "body">) => ({
    ...out,
    bodyHash: keccak256(`0x${out.body}`),
    signature: new Wallet(input.privateKey).signingKey.sign(out.signedHash).serialized,
    signer: (await new Wallet(input.privateKey).getAddress()).toLowerCase(),
  }),
  "agents.json accessRequest": (
    input: Hex<"account" | "recipientDigest" | "purpose" | "nonce" | "privateKey"> & {
      readonly ref: Ref;
      readonly scopes: string[];
      readonly permissions: number;
      readonly expiresAt: number;
    },
  ) => {
    const { ref, account, recipientDigest, scopes, permissions, expiresAt, purpose, nonce } = input;
    const encode = (types: string[], values: unknown[]): string =>
      keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
    const text = "AccessRequest(bytes32 vaultId,address account,bytes32 recipientDigest,string[] scopes,";
    const type = `${text}uint8 permissions,uint64 expiresAt,string purpose,bytes32 nonce)`;
    const struct = encode(
      ["bytes32", "uint256", "address", "bytes32", "bytes32", "uint8", "uint64", "bytes32", "bytes32"],
      [
        ...[hashText(type), BigInt(ref.vaultId), account, recipientDigest],
        keccak256(join(...scopes.map((name) => unhex(hashText(name).slice(2))))),
        ...[permissions, expiresAt, hashText(purpose), nonce],
      ],
    );
    const of = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    const domain = encode(
      ["bytes32", "bytes32", "bytes32", "uint256", "address"],
      [hashText(of), hashText("AgentMemoryState"), hashText("1"), BigInt(ref.chainId), ref.contract],
    );
    const hash = keccak256(join(utf8("\u0019\u0001"), unhex(domain.slice(2)), unhex(struct.slice(2))));
    const wallet = new Wallet(input.privateKey);
    const signature = wallet.signingKey.sign(hash).serialized;
    const line = `memvault-request:${Buffer.from(
      cborOf([
        ...[1, refBytes(ref), unhex(account.slice(2)), unhex(recipientDigest.slice(2)), scopes, permissions],
        ...[expiresAt, purpose, unhex(nonce.slice(2)), unhex(signature.slice(2))],
      ]),
    ).toString("base64url")}`;
    const id = createHash("sha256")
      .update(unhex(account.slice(2) + nonce.slice(2)))
      .digest("hex");
    return { hash, signer: wallet.address.toLowerCase(), signature, line, id };
  },
  "agents.json proposal": (
    input: Hex<"proposer" | "nonce" | "privateKey"> & { readonly ref: Ref; readonly memories: unknown[] },
    out: Hex<"body">,
  ) => {
    const { ref, proposer, nonce } = input;
    const [version, place, account, drawn, memories] = decodeCbor(unhex(out.body.slice(2))) as [
      number,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      [Uint8Array, number, string, number | null, string[], number | null, object][],
    ];
    expect([version, hex(place), `0x${hex(account)}`, `0x${hex(drawn)}`]).to.deep.equal([
      ...[1, hex(refBytes(ref)), proposer, nonce],
    ]);
    const told = memories.map(([scope, type, text, importance, tags, validUntil, metadata]) => ({
      ...{ scope: hex(scope), text, tags, validUntil, metadata },
      type: type === 1 ? "episodic" : "semantic",
      ...(importance === null ? {} : { importance }),
    }));
    const plain = { type: "semantic", tags: [], validUntil: null, metadata: {} };
    expect(told).to.deep.equal(input.memories.map((memory) => ({ ...plain, ...(memory as object) })));
    const bodyHash = keccak256(out.body);
    const type = hashText("Proposal(bytes32 vaultId,address proposer,bytes32 nonce,bytes32 bodyHash)");
    const hash = typedHash(ref, [
      ["bytes32", type],
      ["uint256", BigInt(ref.vaultId)],
      ["address", proposer],
      ["bytes32", nonce],
      ["bytes32", bodyHash],
    ]);
    const wallet = new Wallet(input.privateKey);
    const signature = wallet.signingKey.sign(hash).serialized;
    return { body: out.body, bodyHash, hash, signature, signer: wallet.address.toLowerCase() };
  },
  "agents.json proposalFile": (input: Hex<"file">, out: string | { digest: string; memoryIds: string[] }) => {
    if (typeof out === "string") return out;
    const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    const idOf = (index: number): string =>
      sha256(join(utf8("memory-vault/v1/proposed-memory"), unhex(out.digest), Uint8Array.of(index))).slice(
        0,
        32,
      );
    return { ...out, digest: sha256(unhex(input.file)), memoryIds: out.memoryIds.map((_, i) => idOf(i)) };
  },
  "head.json frame": (data: string) => {
    const size = [4_096, 16_384, 65_536, 262_144].find((each) => data.length / 2 + 84 <= each)!;
    const framed = join(big(data.length / 2, 4), unhex(data), new Uint8Array(size - 84 - data.length / 2));
    if (hex(unframe(framed)) !== data) return "another reader takes it for something else";
    return { begin: hex(join(big(data.length / 2, 4), unhex(data))), zeros: size - 84 - data.length / 2 };
  },
  "head.json items": (items: readonly string[], out: string) => {
    const read = decodeCbor(unhex(out)) as Uint8Array[];
    return read.map(hex).join() === items.join() ? out : "something else";
  },
  "records.json record": (input: { text: string; id: string; salt: string }, out: Hex<"record" | "leaf">) => {
    const fields = decodeCbor(unhex(out.record)) as unknown[];
    const told = [fields[0], hex(fields[1] as Uint8Array), hex(fields[2] as Uint8Array), fields[4]];
    expect(told).to.deep.equal([1, input.id, input.salt, input.text]);
    return { ...out, leaf: hex(memoryLeaf(unhex(out.record))) };
  },
  "records.json scopeLeaf": (input: Hex<"scopeId" | "scopeRoot" | "count" | "scopeSalt">) => {
    const types = ["bytes32", "bytes16", "bytes32", "uint64", "bytes32"];
    const { scopeId, scopeRoot, count, scopeSalt } = input;
    const values = [
      hashText("memory-vault/v1/scope-leaf"),
      `0x${scopeId}`,
      `0x${scopeRoot}`,
      BigInt(count),
      `0x${scopeSalt}`,
    ];
    return keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(types, values))).slice(2);
  },
  "records.json tree": (
    { leaves, prove }: { leaves: string[]; prove: string | null },
    out: { root: string; proof: unknown },
  ) => {
    if (leaves.length === 0) return out.root === "0".repeat(64) ? out : "zero";
    const tree = SimpleMerkleTree.of(leaves.map((leaf) => `0x${leaf}`));
    const proof = prove === null ? null : tree.getProof(`0x${prove}`).map((node) => node.slice(2));
    return { root: tree.root.slice(2), proof };
  },
  "attestation.json bundle": (
    input: Hex<"chainId" | "registry" | "agent" | "recipient"> & { notAfter: number },
  ) => {
    const { chainId, registry, agent, recipient, notAfter } = input;
    const head = (major: number, length: number) =>
      length < 24
        ? big((major << 5) | length, 1)
        : length < 256
          ? join(big((major << 5) | 24, 1), big(length, 1))
          : join(big((major << 5) | 25, 1), big(length, 2));
    const string = (bytes: Uint8Array) => join(head(2, bytes.length), bytes);
    const end = notAfter < 24 ? head(0, notAfter) : join(Uint8Array.of(0x1a), big(notAfter, 4));
    const parts = [big(chainId, 32), unhex(registry.slice(2)), unhex(agent.slice(2)), unhex(recipient)];
    const bundle = join(head(4, 6), Uint8Array.of(1), ...parts.map(string), end);
    return { bundle: hex(bundle), userData: createHash("sha256").update(bundle).digest("hex") };
  },
  "attestation.json document": (input: Hex<"document">, out: unknown) => {
    if (typeof out === "string") return out;
    const [header, , payload, signature] = decodeCbor(unhex(input.document.replace(/^d2/, ""))) as [
      Uint8Array,
      object,
      Uint8Array,
      Uint8Array,
    ];
    const { cabundle, certificate } = decodeCbor(payload) as {
      readonly cabundle: Uint8Array[];
      readonly certificate: Uint8Array;
    };
    const chain = [...cabundle, certificate].map((der) => new X509Certificate(der));
    for (const [i, each] of chain.entries())
      expect(each.verify(chain[Math.max(i - 1, 0)]!.publicKey), each.subject).to.equal(true);
    const signed = join(
      unhex("846a"),
      utf8("Signature1"),
      Uint8Array.of(0x44),
      header,
      Uint8Array.of(0x40, 0x59),
      big(payload.length, 2),
      payload,
    );
    const key = { key: chain.at(-1)!.publicKey, dsaEncoding: "ieee-p1363" as const };
    return verify("sha384", signed, key, signature) ? out : "forged";
  },
  "answers.json answer": (
    input: Hex<"chainId" | "agent" | "vaultId" | "requestId" | "sequence" | "root" | "text">,
    out: string,
  ) => {
    const { chainId, agent, vaultId, requestId, sequence, root, text } = input;
    const ref = refBytes({ chainId, contract: agent, vaultId });
    const request = unhex(BigInt(requestId).toString(16).padStart(64, "0"));
    const expected = [1, ref, request, Number(sequence), unhex(root.slice(2)), text];
    const shown = (value: unknown): unknown => (value instanceof Uint8Array ? hex(value) : value);
    const found = decodeCbor(unhex(out)) as unknown[];
    expect(found.map(shown)).to.deep.equal(expected.map(shown));
    return out;
  },
  ...Object.fromEntries(
    (
      [
        ["secret", 2, ({ id, secret }: Hex<"id" | "secret">) => [id, secret]],
        ["commitKey", 3, ({ key }: Hex<"key">) => [`${"0".repeat(30)}03`, key]],
        ["inbox", 4, ({ identity }: Hex<"identity">) => [`${"0".repeat(30)}04`, identity]],
        ["batch", 5, ({ id, sequence }: Hex<"id" | "sequence">) => [id, Number(sequence)]],
        ["scopeName", 7, ({ id, name }: Hex<"id" | "name">) => [id, name]],
        [
          "shred",
          8,
          ({ sequence, memoryIds }: Hex<"sequence"> & { memoryIds: string[] }) => [
            `${"0".repeat(30)}08`,
            Number(sequence),
            memoryIds,
          ],
        ],
        [
          "rekey",
          9,
          ({ sequence, base }: Hex<"sequence" | "base">) => [
            `${"0".repeat(30)}09`,
            Number(sequence),
            Number(base),
          ],
        ],
      ] as [string, number, (input: never) => unknown[]][]
    ).map(([group, kind, fieldsOf]) => [
      `roster.json ${group}`,
      (input: Hex<"seed">, out: string) => {
        const shown = (value: unknown): unknown =>
          value instanceof Uint8Array ? hex(value) : Array.isArray(value) ? value.map(shown) : value;
        const [id, ...rest] = fieldsOf(input as never);
        const expected = [kind, id, hex(drawing(input.seed)(16)), ...rest];
        expect(shown(decodeCbor(unhex(out)))).to.deep.equal(expected);
        return out;
      },
    ]),
  ),
};

describe("vectors, computed again by others", () => {
  for (const [name, again] of Object.entries(AGAIN)) {
    const [file, group] = name.split(" ") as [string, string];
    for (const { title, in: input, out } of VECTORS.get(file)?.[group] ?? [])
      it(`${name}: ${title}`, async () => {
        expect(await again(input as never, out as never)).to.deep.equal(out);
      });
  }

  it("are of groups that there are", () => {
    for (const name of Object.keys(AGAIN)) {
      const [file, group] = name.split(" ") as [string, string];
      expect(VECTORS.get(file)?.[group], name).not.to.equal(undefined);
    }
  });
});
