import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { BasicConstraints, KeyUsageFlags, Version } from "@peculiar/asn1-x509";
import { expect } from "chai";

import { verifyDocument } from "../../../client/attestation.ts";
import {
  chainTerms,
  extension,
  HOUR,
  testDocument,
  testEnclave,
  TEST_PCRS,
  type CertificateTerms,
  type TestEnclave,
} from "../../helpers/nitro.ts";
import { seeded } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";

const AT = Date.parse("2026-11-01T12:00:00Z");

/** Whether a document of an enclave is taken: `true`, or the name of the fault and which certificate it is about. */
async function verdict(enclave: TestEnclave, at = AT): Promise<string> {
  const terms = { at, pcrs: [TEST_PCRS], roots: enclave.roots };
  const fault = await verifyDocument(testDocument(enclave, AT), terms).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (fault === null) return "taken";
  const { name, which = "" } = fault as { readonly name: string; readonly which?: string };
  return `${name} ${which}`.trim();
}

/** A chain with other terms for one certificate. */
const changed = (index: number, change: Partial<CertificateTerms>): TestEnclave =>
  testEnclave(AT, (terms) => terms.map((each, i) => (i === index ? { ...each, ...change } : each)));

const [ROOT, REGION, ZONE, MACHINE, LEAF] = [0, 1, 2, 3, 4];

describe("a document's chain of certificates", () => {
  const enclave = testEnclave(AT);

  it("is taken as AWS makes it", async () => {
    expect(await verdict(enclave)).to.equal("taken");
  });

  it("is taken whatever its length up to eight, if all may issue", async () => {
    const short = testEnclave(AT, ([root, , , , leaf]) => [
      root!,
      { ...leaf!, issuer: root!.subject, issuerSecret: root!.secret },
    ]);
    expect(await verdict(short)).to.equal("taken");
  });

  it("must begin at a root that is trusted", async () => {
    expect(await verdict({ ...enclave, roots: ["00".repeat(32)] })).to.equal("UnknownRoot");
    const other = testEnclave(AT, (terms) => terms.map((each) => ({ ...each, from: each.from - 1_000 })));
    expect(await verdict({ ...other, roots: enclave.roots })).to.equal("UnknownRoot");
    // The trusted root in front of a chain that it did not issue.
    const foreign = testEnclave(AT, (terms) =>
      terms.map((each) => ({
        ...each,
        ...(each.subject === "root" ? { secret: key("thief"), issuerSecret: key("thief") } : {}),
        ...(each.subject === "region" ? { issuerSecret: key("thief") } : {}),
      })),
    );
    expect(
      await verdict({
        ...foreign,
        cabundle: [enclave.cabundle[0]!, ...foreign.cabundle.slice(1)],
        roots: enclave.roots,
      }),
    ).to.equal("CertificateRefused certificate 1");
  });

  it("must not be cut, reordered, doubled or mixed", async () => {
    const [root, region, zone, machine] = enclave.cabundle as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const chains: readonly [string, readonly Uint8Array[]][] = [
      ["UnknownRoot", [region, zone, machine]],
      ["CertificateRefused certificate 1", [root, zone, machine]],
      ["CertificateRefused certificate 2", [root, region, machine]],
      ["CertificateRefused leaf", [root, region, zone]],
      ["CertificateRefused leaf", [root]],
      ["CertificateRefused certificate 1", [root, zone, region, machine]],
      ["UnknownRoot", [machine, zone, region, root]],
      ["CertificateRefused certificate 1", [root, region, zone, machine, machine]],
      ["CertificateRefused certificate 1", [root, region, zone, machine, enclave.certificate]],
    ];
    for (const [expected, cabundle] of chains)
      expect(await verdict({ ...enclave, cabundle }), expected).to.equal(expected);
  });

  it("must be in force at the time, each of it, to the second", async () => {
    for (const [index, which] of [
      "root",
      "certificate 1",
      "certificate 2",
      "certificate 3",
      "leaf",
    ].entries()) {
      expect(await verdict(changed(index, { until: AT })), which).to.equal("taken");
      expect(await verdict(changed(index, { from: AT })), which).to.equal("taken");
      const names = `CertificateNotInForce ${which}`;
      expect(await verdict(changed(index, { until: AT - 1_000 }))).to.equal(names);
      expect(await verdict(changed(index, { from: AT + 1_000 }))).to.equal(names);
    }
    expect(await verdict(enclave, AT + 2 * HOUR)).to.equal("CertificateNotInForce leaf");
    expect(await verdict(enclave, Number.NaN)).to.equal("CertificateNotInForce root");
  });

  it("must have issuers that may issue, and as many as each allows", async () => {
    const refused = async (index: number, change: Partial<CertificateTerms>): Promise<string> =>
      verdict(changed(index, change));
    const ca = (pathLenConstraint?: number): BasicConstraints =>
      new BasicConstraints({ cA: true, ...(pathLenConstraint === undefined ? {} : { pathLenConstraint }) });
    for (const [index, which] of ["root", "certificate 1", "certificate 2", "certificate 3"].entries()) {
      const name = `CertificateRefused ${which}`;
      expect(await refused(index, { constraints: null })).to.equal(name);
      expect(await refused(index, { constraints: new BasicConstraints() })).to.equal(name);
      expect(await refused(index, { usages: null })).to.equal(name);
      expect(await refused(index, { usages: KeyUsageFlags.digitalSignature })).to.equal(name);
      expect(await refused(index, { constraints: ca() })).to.equal("taken");
      expect(await refused(index, { constraints: ca(3 - index) })).to.equal("taken");
    }
    expect(await refused(ROOT, { constraints: ca(2) })).to.equal("CertificateRefused root");
    expect(await refused(REGION, { constraints: ca(1) })).to.equal("CertificateRefused certificate 1");
    expect(await refused(ZONE, { constraints: ca(0) })).to.equal("CertificateRefused certificate 2");
  });

  it("must end at an enclave's certificate, which issues nothing and signs", async () => {
    const name = "CertificateRefused leaf";
    expect(await verdict(changed(LEAF, { constraints: new BasicConstraints({ cA: true }) }))).to.equal(name);
    expect(await verdict(changed(LEAF, { usages: KeyUsageFlags.keyCertSign }))).to.equal(name);
    expect(await verdict(changed(LEAF, { usages: null }))).to.equal(name);
    expect(await verdict(changed(LEAF, { constraints: null }))).to.equal("taken");
  });

  it("must not have an enclave issue another", async () => {
    // What an enclave's operator could sign with the enclave's own key.
    const grown = testEnclave(AT, (terms) => {
      const leaf = terms[LEAF]!;
      const unbounded = new BasicConstraints({ cA: true });
      return [
        ...terms.map((each, i) => (i < LEAF ? { ...each, constraints: unbounded } : each)),
        {
          ...leaf,
          subject: "forged",
          issuer: leaf.subject,
          issuerSecret: leaf.secret,
          secret: key("forged"),
        },
      ];
    });
    expect(await verdict(grown)).to.equal("CertificateRefused certificate 4");
  });

  it("must be signed and named throughout", async () => {
    for (const [index, which] of [
      "root",
      "certificate 1",
      "certificate 2",
      "certificate 3",
      "leaf",
    ].entries())
      expect(await verdict(changed(index, { issuerSecret: key("thief") }))).to.equal(
        `CertificateRefused ${which}`,
      );
    expect(await verdict(changed(MACHINE, { issuer: "region" }))).to.equal(
      "CertificateRefused certificate 3",
    );
    expect(await verdict(changed(ROOT, { issuer: "another" }))).to.equal("CertificateRefused root");
  });

  it("must be of one kind: version 3, ecdsa-with-SHA384, P-384", async () => {
    const name = "CertificateRefused certificate 2";
    expect(await verdict(changed(ZONE, { version: Version.v1 }))).to.equal(name);
    // ecdsa-with-SHA256, and a curve that calls itself P-256.
    expect(await verdict(changed(ZONE, { algorithm: "1.2.840.10045.4.3.2" }))).to.equal(name);
    expect(await verdict(changed(ZONE, { curve: "06082a8648ce3d030107" }))).to.equal(name);
  });

  it("must have no critical extension that nobody understands, and none twice", async () => {
    const value = hexToBytes("0500");
    const policy = "2.5.29.32";
    const name = "CertificateRefused certificate 3";
    expect(await verdict(changed(MACHINE, { more: [extension(policy, false, value)] }))).to.equal("taken");
    expect(await verdict(changed(MACHINE, { more: [extension(policy, true, value)] }))).to.equal(name);
    const twice = extension("2.5.29.15", true, hexToBytes("03020204"));
    expect(await verdict(changed(MACHINE, { more: [twice] }))).to.equal(name);
    const broken = extension("2.5.29.19", true, hexToBytes("30060101ff02020000"));
    expect(await verdict(changed(MACHINE, { constraints: null, more: [broken] }))).to.equal(name);
  });

  it("must be of DER, nothing before and nothing after", async () => {
    const [root, region, ...rest] = enclave.cabundle as [Uint8Array, Uint8Array, ...Uint8Array[]];
    const others: readonly Uint8Array[] = [
      concatBytes(region, Uint8Array.of(0, 0)),
      region.subarray(0, -1),
      // BER: the outer length in three bytes instead of two.
      concatBytes(Uint8Array.of(0x30, 0x83, 0), region.subarray(2)),
      // BER: the length is open.
      concatBytes(Uint8Array.of(0x30, 0x80), region.subarray(4), Uint8Array.of(0, 0)),
      Uint8Array.of(0x30, 0),
      Uint8Array.of(5, 0),
      hexToBytes("00"),
    ];
    expect(region[1]).to.equal(0x82);
    for (const other of others)
      expect(await verdict({ ...enclave, cabundle: [root, other, ...rest] })).to.equal(
        "CertificateRefused certificate 1",
      );
  });

  it("says which certificate and when", async () => {
    const fault = await thrown(
      verifyDocument(testDocument(enclave, AT), {
        ...{ at: AT + 2 * HOUR, pcrs: [TEST_PCRS], roots: enclave.roots },
      }),
    );
    expect(String(fault)).to.include("leaf").and.include("2026-11-01T13:30:00.000Z");
    expect(chainTerms(AT)).to.have.length(5);
  });
});

const key = (name: string): Uint8Array => seeded(name)(48).fill(0, 0, 1);
