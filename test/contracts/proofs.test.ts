import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { Checker } from "../../scripts/prove/checker.ts";
import { CONTRACT, FAULTS, withFault } from "../../scripts/prove/faults.ts";
import { Model } from "../../scripts/prove/model.ts";
import { PROPERTIES } from "../../scripts/prove/properties.ts";
import { hashOfSteps, readRecord } from "../../scripts/prove/record.ts";
import { findSolvers } from "../../scripts/prove/solvers.ts";
import { sourcesOf } from "../../scripts/prove/sources.ts";
import { versionOf } from "../../scripts/solidity/solc.ts";
import { stepsOf } from "../../scripts/prove/steps.ts";

const PROVE = fileURLToPath(new URL("../../scripts/prove.ts", import.meta.url));

const VAULT = `pragma solidity ^0.8.28;
contract Base {
    struct Entry { uint64 until; uint8 flags; }
    mapping(uint256 id => Entry) internal _entries;
    uint8 internal constant BIT = 1;
    event Opened(uint256 id);
    error Closed(uint256 id);
    function _touch(Entry storage entry) internal virtual { entry.flags |= 2; }
}
contract Vault is Base {
    function open(uint256 id, uint64 until) external returns (bool) {
        if (until <= block.timestamp) revert Closed(id);
        Entry storage entry = _entries[id];
        if (entry.until != 0) return false; // it is open
        entry.until = until;
        _touch(entry);
        emit Opened(id);
        return true;
    }
    function _touch(Entry storage entry) internal override { super._touch(entry); entry.flags &= ~BIT; }
}`;

/** A model of this text alone. */
function modelOf(content: string): Model {
  return new Model(sourcesOf(CONTRACT, { [CONTRACT]: content }).values(), "Vault");
}

const claimed = (claim: string): string => `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
contract Claim { uint8 private last; function step(uint8 next) external { require(next > last); last = next; assert(${claim}); } }`;

describe("Proofs", () => {
  const record = readRecord();
  let model: Model;

  before(() => {
    model = new Model(sourcesOf(CONTRACT).values(), "MemoryVault");
  });

  // After a change of it, `npm run prove -- --record` makes them anew.
  it("are of the contract as it is", () => {
    expect(hashOfSteps(model)).to.equal(record.steps);
    expect(record.versions["solc"]).to.equal(versionOf("solc"));
    expect(record.versions).to.have.any.keys("z3", "cvc5");
  });

  it("notice any change of what the contract does", () => {
    const hashes = FAULTS.slice(0, 2).map((fault) =>
      hashOfSteps(new Model(sourcesOf(CONTRACT, withFault(fault)).values(), "MemoryVault")),
    );
    expect(new Set([...hashes, record.steps])).to.have.lengthOf(3);
  });

  it("are of every property, at every door that it speaks of", () => {
    expect(Object.keys(record.properties)).to.deep.equal(PROPERTIES.map(({ name }) => name));
    for (const property of PROPERTIES) {
      const { result, doors, says } = record.properties[property.name]!;
      expect({ result, doors, says }, property.name).to.deep.equal({
        result: "proven",
        doors: stepsOf(model, property).map(({ door }) => door),
        says: property.says,
      });
    }
  });

  it("are of calls that can succeed", () => {
    expect(record.reached).to.deep.equal(model.doors.map(({ name }) => name));
  });

  it("fail where the contract is at fault, each property at one fault at least", () => {
    expect(Object.keys(record.faults)).to.deep.equal(FAULTS.map(({ name }) => name));
    for (const { name, property } of FAULTS)
      expect(record.faults[name], name).to.include({ property, result: "violated" });
    expect(FAULTS.map(({ property }) => property)).to.include.members(PROPERTIES.map(({ name }) => name));
  });
});

describe("npm run prove", () => {
  it("takes the contract's own text, without calls, pointers and branches", () => {
    const [open, ...others] = modelOf(VAULT).doors;
    expect(others).to.have.length(0);
    expect(open!.body.split("\n").filter((line) => line !== "")).to.deep.equal([
      "bool if_0 = until <= block.timestamp;",
      "require(!if_0);",
      "bool if_2 = _entries_until[id] != 0;",
      "bool else_3 = !(_entries_until[id] != 0);",
      "bool result = if_2 ? false : false;",
      "_entries_until[id] = else_3 ? until : _entries_until[id];",
      "_entries_flags[id] = else_3 ? (_entries_flags[id] - _entries_flags[id] / 2 % 2 * 2 + 2) : _entries_flags[id];",
      "_entries_flags[id] = else_3 ? (_entries_flags[id] - _entries_flags[id] / 1 % 2 * 1) : _entries_flags[id];",
      "result = else_3 ? true : result;",
    ]);
  });

  for (const [what, from, to] of [
    ["a loop", "_touch(entry);\n", "for (uint256 i = 0; i < 3; i++) _touch(entry);\n"],
    ["a call of another contract", "_touch(entry);\n", "Vault(msg.sender).open(id, until);\n"],
    ["a parameter that is written", "_touch(entry);\n", "until = 0; _touch(entry);\n"],
    ["a mask of several bits", "|= 2", "|= 3"],
    ["an operator", "|= 2", "*= 2"],
  ] as const)
    it(`stops at what it has no rewriting for: ${what}`, () => {
      expect(() => modelOf(VAULT.replace(from, to))).to.throw(SyntaxError, "The model does not know");
    });

  it("says that there is no solver, and proves nothing", () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ["--import", "tsx", PROVE], {
      encoding: "utf8",
      env: { ...process.env, PATH: "" },
    });
    expect({ status, stdout }).to.deep.equal({ status: 2, stdout: "" });
    expect(stderr).to.include("NoSolver: neither z3 nor cvc5 was found");
  });

  it("tells what is so from what is not", function () {
    const solvers = findSolvers();
    if (solvers.length === 0) {
      console.log("      no z3 or cvc5: not asked");
      this.skip();
    }
    const checker = new Checker(solvers);
    expect(checker.check(claimed("last != 0"), "Claim")).to.include({ result: "proven", example: "" });
    const { result, example } = checker.check(claimed("last != 7"), "Claim");
    expect(result).to.equal("violated");
    expect(example).to.include("next = 7");
  });
});
