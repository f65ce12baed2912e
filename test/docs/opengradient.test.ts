import { createPrivateKey, hash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";

import { p384 } from "@noble/curves/nist.js";
import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { KeyUsageFlags } from "@peculiar/asn1-x509";
import { base64, base64urlnopad } from "@scure/base";
import { expect } from "chai";

import { verifyDocument, type verifyDocument as Verify } from "../../client/attestation.ts";
import { certificateOf, chainTerms, testDocument, testEnclave, TEST_PCRS } from "../helpers/nitro.ts";
import { fenced } from "./markdown.ts";
import { sampleModule, type Sample } from "./sample.ts";

const PAGE = await readFile(new URL("../../docs/opengradient.md", import.meta.url), "utf8");
const DOCUMENT = new URL("../../../shared/data/nitro/opengradient-2026-02-12.b64", import.meta.url);

const module = ([recipe]: readonly string[]): string => `
import { createHash } from "node:crypto";
import https from "node:https";
import { bytesToHex } from "@noble/hashes/utils.js";
import { parsePcrs, verifyDocument as verifyByAws } from "../client/attestation.ts";
export async function sample(
  verifyDocument: typeof verifyByAws, document: Uint8Array, at: number, list: string, nonce: Uint8Array, endpoint: string,
  certificate: string, model: string, messages: readonly unknown[],
): Promise<string> {
${recipe!}
return new Promise((resolve, reject) => {
  request.on("error", reject);
  request.on("response", (response) => {
    response.setEncoding("utf8").once("data", (text: string) => { resolve(text); });
  });
});
}`;

interface SampleModule {
  readonly sample: (
    ...args: [
      typeof Verify,
      Uint8Array,
      number,
      string,
      Uint8Array,
      string,
      string,
      string,
      readonly unknown[],
    ]
  ) => Promise<string>;
}

/** A certificate that signs itself, as a server of the test authority has it. */
function serverCertificate(name: string) {
  const [root] = chainTerms(Date.now());
  const secret = p384.utils.randomSecretKey(utf8ToBytes(name.padEnd(72)));
  const usages = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign;
  const der = certificateOf({ ...root!, subject: name, issuer: name, secret, issuerSecret: secret, usages });
  const point = p384.getPublicKey(secret, false);
  const [x, y] = [point.subarray(1, 49), point.subarray(49)].map((part) => base64urlnopad.encode(part));
  const jwk = { kty: "EC", crv: "P-384", x: x!, y: y!, d: base64urlnopad.encode(secret) };
  const key = createPrivateKey({ key: jwk, format: "jwk" }).export({ type: "pkcs8", format: "pem" });
  const pem = `-----BEGIN CERTIFICATE-----\n${base64.encode(der)}\n-----END CERTIFICATE-----\n`;
  return { der, pem, key: String(key) };
}

describe("docs/opengradient.md", () => {
  describe("its sample document", () => {
    const PCR0 =
      "9baef83909784e4d2cb84466c02931bb8125e948b62029029e80bfa1698bfd7069408e4ab20d1c99c859e8f774cce0ff";

    it("verifies at its time, holds two digests, and no key to encrypt to", async function () {
      if (!existsSync(DOCUMENT)) {
        console.log(`      (skipped: ${DOCUMENT.pathname} is not here)`);
        this.skip();
      }
      const bytes = base64.decode((await readFile(DOCUMENT, "utf8")).trim());
      const at = Date.parse("2026-02-12T18:00:00Z");
      const { publicKey, userData, nonce } = await verifyDocument(bytes, {
        at,
        pcrs: [new Map([[0, PCR0]])],
      });
      expect(publicKey).to.deep.equal(utf8ToBytes("dummy"));
      expect(userData).to.have.length(68);
      for (const start of [0, 34])
        expect([...userData!.subarray(start, start + 2)]).to.deep.equal([0x12, 0x20]);
      expect(nonce).to.deep.equal(hexToBytes("0123456789abcdef0123456789abcdef01234567"));
      for (const said of ["`dummy`", "68 bytes", "`12 20`", "0123456789abcdef0123456789abcdef01234567"])
        expect(PAGE).to.include(said);
    });
  });

  describe("its recipe", () => {
    const attested = serverCertificate("the attested gateway");
    const other = serverCertificate("somebody in between");
    // Files are loaded long before their tests run.
    const at = Date.now();
    const enclave = testEnclave(at);
    const nonce = utf8ToBytes("a nonce that was drawn");
    const multihash = (digest: string) => concatBytes(Uint8Array.of(0x12, 0x20), hexToBytes(digest));
    const document = testDocument(enclave, at, {
      nonce,
      user_data: concatBytes(multihash(hash("sha256", attested.der)), multihash(hash("sha256", "a key"))),
    });
    const list = JSON.stringify(Object.fromEntries([...TEST_PCRS].map(([i, digits]) => [`PCR${i}`, digits])));
    const heard: string[] = [];
    const servers: Server[] = [];
    let recipe: Sample<SampleModule>;

    before(async () => {
      recipe = await sampleModule("opengradient", module(fenced(PAGE, "ts")));
    });
    after(() => {
      servers.forEach((server) => server.close());
      return recipe.remove();
    });

    /** A server on this machine; its address. */
    async function serving({ pem, key }: { readonly pem: string; readonly key: string }): Promise<string> {
      const server = createServer({ cert: pem, key }, (request, response) => {
        request.setEncoding("utf8").on("data", (text: string) => heard.push(text));
        request.on("end", () => response.end("an answer"));
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`;
    }

    const asking = async (endpoint: string, certificate: string, drawn = nonce): Promise<string> => {
      const { sample } = await recipe.load();
      const byTestAuthority: typeof Verify = (bytes, terms) =>
        verifyDocument(bytes, { ...terms, roots: enclave.roots });
      return sample(
        ...([byTestAuthority, document, at, list, drawn, endpoint, certificate, "a model"] as const),
        [{ role: "user", content: "Prefers window seats" }],
      );
    };

    it("compiles under the project's own options", () => {
      expect(recipe.diagnostics()).to.deep.equal([]);
    });

    it("reaches the server whose certificate is attested", async () => {
      expect(await asking(await serving(attested), attested.pem)).to.equal("an answer");
      expect(heard.join("")).to.include("Prefers window seats");
    });

    it("sends no word to another, nor for a document that does not verify", async () => {
      heard.length = 0;
      const between = await serving(other);
      const refusals = [
        () => asking(between, attested.pem),
        // The registry itself names another certificate.
        () => asking(between, other.pem),
        () => asking(between, other.pem, utf8ToBytes("another nonce")),
      ];
      const faults: string[] = [];
      for (const refused of refusals)
        await refused().catch((fault: unknown) => faults.push((fault as Error).message));
      expect(faults).to.have.length(3);
      expect(faults[1]).to.include("not the attested certificate");
      expect(faults[2]).to.include("nonce");
      expect(heard).to.deep.equal([]);
    });
  });
});
