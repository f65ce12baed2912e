import { expect } from "chai";

import { faultText } from "../../../apps/web/src/ui/fault-text.ts";
import { InvalidWords, NotAMember, VaultEmpty } from "../../../client/index.ts";

describe("a failure as the web app shows it", () => {
  it("is called by its name in words", () => {
    expect(faultText(new NotAMember(3)).name).to.equal("No member any more");
    expect(faultText(new VaultEmpty(1n)).name).to.equal("Vault empty");
    expect(faultText(new InvalidWords("no")).name).to.equal("Invalid words");
  });

  it("says of what nobody foresaw that nothing is lost", () => {
    expect(faultText(new TypeError("it is null"))).to.deep.equal({
      name: "Something failed",
      message: "it is null. Nothing that was saved is lost: reload this page and look again.",
    });
  });
});
