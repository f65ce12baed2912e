import { expect } from "chai";

import { checkedJson, requestPage } from "../../apps/cli/requests.ts";
import type { CheckedRequest } from "../../client/agents.ts";

describe("A request for access, as its page shows it", () => {
  const account = `0x${"a1".repeat(20)}`;
  const operator = `0x${"B2".repeat(20)}`;
  const ref = { chainId: 31_337n, contract: `0x${"c3".repeat(20)}`, vaultId: 1n };
  const request = {
    ...{
      ref,
      account,
      recipientDigest: "0x01",
      scopes: ["travel"],
      permissions: 1,
      expiresAt: 1_900_000_000,
    },
    ...{ purpose: "To plan", nonce: "0x02" },
  };
  const checked = (as: "account" | "operator", named: string | null): CheckedRequest => ({
    ...{ id: "ff".repeat(32), request, isContract: true, operator: named },
    signedBy: { as, signer: as === "account" ? account : operator },
    key: { digest: "0x01" } as CheckedRequest["key"],
  });

  it("names an operator that did not sign as no more than the contract's word", () => {
    const text = requestPage(checked("account", operator), []).join("\n");
    expect(text).to.include(`it names ${operator} as its operator, which did not sign this`);
    expect(text).to.include("whoever holds the key below reads").and.not.include("reads what it is granted");
    expect(text).to.match(/^Signed by +the account itself$/m);
    expect(checkedJson(checked("account", operator), [])).to.include({ operator, operatorSigned: false });
  });

  it("names the operator that signed as who reads", () => {
    const text = requestPage(checked("operator", operator), []).join("\n");
    expect(text).to.include(`its operator ${operator} reads what it is granted`);
    expect(text).to.not.include("did not sign");
    expect(checkedJson(checked("operator", operator), [])).to.include({ operatorSigned: true });
    expect(requestPage(checked("account", null), []).join("\n")).to.not.include("operator");
  });
});
