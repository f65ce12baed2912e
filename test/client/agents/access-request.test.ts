import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";

import {
  decodeRequest,
  encodeRequest,
  makeRequest,
  MAX_REQUEST_LINE,
  requestIdOf,
  type RequestSigner,
} from "../../../client/agents/access-request.ts";
import { nameOf, thrown } from "../../helpers/thrown.ts";

const wallet = Wallet.createRandom();
const TERMS = {
  ref: { chainId: 31_337n, contract: `0x${"5e".repeat(20)}`, vaultId: 7n },
  account: wallet.address,
  recipientDigest: `0x${"d1".repeat(32)}`,
  scopes: ["travel"],
  permissions: 1,
  expiresAt: 1_900_000_000,
  purpose: "To plan a journey",
};
const make = (changes: Partial<typeof TERMS> = {}, signer: RequestSigner = wallet): Promise<string> =>
  makeRequest({ ...TERMS, ...changes }, signer, randomBytes);

describe("a request for access, as its agent makes it", () => {
  it("is one line, with names in their normal form, each once, and a nonce that is drawn", async () => {
    const lines = await Promise.all(
      [1, 2].map(() => make({ scopes: ["  e\u0301tudes", "\u00e9tudes", "travel"] })),
    );
    const [first, second] = lines.map((line) => decodeRequest(line).request);
    expect(lines[0]).to.match(/^[\x21-\x7e]+$/);
    expect(first).to.deep.include({
      scopes: ["\u00e9tudes", "travel"],
      account: wallet.address.toLowerCase(),
    });
    expect(first!.nonce).to.not.equal(second!.nonce);
    expect(requestIdOf(first!)).to.not.equal(requestIdOf(second!));
  });

  it("is known by account and nonce, whatever else it says", async () => {
    const { request } = decodeRequest(await make());
    expect(requestIdOf({ ...request, purpose: "Another", scopes: ["health"] })).to.equal(
      requestIdOf(request),
    );
    expect(requestIdOf({ ...request, account: `0x${"a9".repeat(20)}` })).to.not.equal(requestIdOf(request));
  });

  it("is none that no owner would take", async () => {
    const names = Array.from({ length: 63 }, (_, i) => `scope ${i}`);
    const faults: [Partial<typeof TERMS>, string][] = [
      [{ scopes: [] }, "NoScopes"],
      [{ scopes: names }, "TooManyScopes"],
      [{ scopes: ["a\u0000"] }, "InvalidScopeName"],
      ...["", "  ", "x".repeat(1_025), "\u001b[2J", "one\ntwo", "\u202eevil", "\u2028"].map(
        (purpose): [Partial<typeof TERMS>, string] => [{ purpose }, "InvalidPurpose"],
      ),
      [{ permissions: 2 }, "MalformedData"],
      [{ expiresAt: 8_640_000_000_001 }, "MalformedData"],
    ];
    for (const [changes, name] of faults)
      expect(await nameOf(make(changes)), JSON.stringify(changes).slice(0, 60)).to.equal(name);
    expect(
      decodeRequest(await make({ scopes: names.slice(1), purpose: "x".repeat(1_024) })).request.scopes,
    ).to.have.length(62);
  });

  it("has 16 KiB at most, and a longer one is not looked at", async () => {
    const smart = (bytes: number): RequestSigner => ({
      signTypedData: () => Promise.resolve(`0x${"51".repeat(bytes)}`),
    });
    const scopes = Array.from({ length: 62 }, (_, i) => `${i}`.padEnd(128, "s"));
    const fault = await thrown(make({ scopes, purpose: "x".repeat(1_024) }, smart(4_096)));
    expect(fault).to.include({ name: "ContentTooLarge", limit: MAX_REQUEST_LINE });
    const { request } = decodeRequest(await make());
    const at = (bytes: number): string =>
      encodeRequest({ request: { ...request, scopes }, signature: new Uint8Array(bytes) });
    let bytes = 1;
    while (at(bytes + 1).length < MAX_REQUEST_LINE - 4) bytes += 1;
    decodeRequest(at(bytes));
    const longer = `${at(bytes)}AAAAAAAA`;
    expect(longer.length).to.be.above(MAX_REQUEST_LINE);
    const refused = await thrown(Promise.resolve().then(() => decodeRequest(longer)));
    expect(refused).to.include({ name: "MalformedData" });
    expect((refused as Error).message).to.include(`${longer.length} characters`);
    expect(await nameOf(make({}, smart(4_097)))).to.equal("MalformedData");
    expect(await nameOf(make({}, smart(0)))).to.equal("MalformedData");
  });

  it("is in no message of its refusal: whoever reads a log must not learn who asks for what", async () => {
    const line = await make({ purpose: "Quite private" });
    for (const broken of [line.slice(0, -3), `${line}AA`, line.replace("memvault-", "Memvault-")]) {
      const fault = await thrown(Promise.resolve().then(() => decodeRequest(broken)));
      expect((fault as Error).message)
        .to.not.include(line.slice(20, 60))
        .and.not.include("private");
    }
  });
});
