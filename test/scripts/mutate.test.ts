import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { bite, missed, type Break } from "../../scripts/mutate/breaks.ts";
import { loadCompiler } from "../../scripts/mutate/compiler.ts";
import { mutated, type Mutation } from "../../scripts/mutate/operators.ts";
import { planOf, type Plan } from "../../scripts/mutate/plan.ts";
import { tryAll, type Verdict } from "../../scripts/mutate/pool.ts";
import { count, diffOf, judge, rowsOf } from "../../scripts/mutate/report.ts";
import { loadRunner, type RunSuite } from "../../scripts/mutate/runner.ts";
import { Results } from "../../scripts/mutate/results.ts";

const COUNTER = `pragma solidity ^0.8.28;
contract Counter {
    uint256 private immutable limit;
    uint256 public count = 7;
    error TooMany(uint256 n);
    constructor(uint256 limit_) {
        if (limit_ == 0) revert TooMany(0);
        limit = limit_;
    }
    function add(uint256 n) external {
        if (n > limit) revert TooMany(n);
        count += n;
    }
}`;

/** It never adds twice. */
const COUNTER_TEST = `pragma solidity ^0.8.28;
import {Counter} from "./Counter.sol";
contract CounterTest {
    Counter counter = new Counter(3);
    function test_Limit() external {
        try new Counter(0) returns (Counter) { assert(false); } catch (bytes memory fault) {
            assert(keccak256(fault) == keccak256(abi.encodeWithSelector(Counter.TooMany.selector, 0)));
        }
        try counter.add(4) { assert(false); } catch (bytes memory fault) {
            assert(keccak256(fault) == keccak256(abi.encodeWithSelector(Counter.TooMany.selector, 4)));
        }
    }
    function test_Add() external {
        assert(counter.count() == 7);
        counter.add(3);
        assert(counter.count() >= 7);
    }
}`;

const IDS = [
  "Counter.count: uint256 public count = [7 → 8];",
  "Counter.count: uint256 public count = [7 → 6];",
  "Counter.constructor: if ([limit_ == 0 → true]) revert TooMany(0);",
  "Counter.constructor: if ([limit_ == 0 → false]) revert TooMany(0);",
  "Counter.constructor: if ([limit_ == 0 → limit_ != 0]) revert TooMany(0);",
  "Counter.constructor: if (limit_ == [0 → 1]) revert TooMany(0);",
  "Counter.constructor: if (limit_ == 0) revert TooMany([0 → 1]);",
  "Counter.constructor: [limit = limit_; → {}]",
  "Counter.add: if ([n > limit → true]) revert TooMany(n);",
  "Counter.add: if ([n > limit → false]) revert TooMany(n);",
  "Counter.add: if ([n > limit → n <= limit]) revert TooMany(n);",
  "Counter.add: if ([n > limit → n >= limit]) revert TooMany(n);",
  "Counter.add: if ([n > limit → n < limit]) revert TooMany(n);",
  "Counter.add: [count += n; → {}]",
  "Counter.add: [count += n → count -= n];",
  "Counter.add: [count += n → count = n];",
];

/** The sum is only seen not to be smaller than it was. */
const SURVIVORS = ["Counter.add: [count += n; → {}]"];

/** People who add, and what must hold after each time. */
const COUNTER_INVARIANTS = `pragma solidity ^0.8.28;
import {Counter} from "../contracts/Counter.sol";
contract CounterInvariantsTest {
    Counter counter = new Counter(3);
    uint256 sum = 7;
    error TooLittle(uint256 n);
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(this);
    }
    function add(uint256 n) external {
        n = 1 + n % 3;
        counter.add(n);
        sum += n;
        if (counter.count() < 7) revert TooLittle(n);
    }
    function invariant_Sum() external view { require(counter.count() == sum, "sum"); }
    function invariant_Start() external view { require(counter.count() >= 7, "start"); }
}`;

/** The other test is of a contract of its own. */
const sources = {
  "Counter.sol": COUNTER,
  "Counter.t.sol": COUNTER_TEST,
  "Idle.t.sol": `pragma solidity ^0.8.28; contract IdleTest { function test_Nothing() external pure {} }`,
};

describe("npm run mutate", () => {
  const compile = loadCompiler();
  let folder: string;
  let toy: Plan;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "mutate-"));
    toy = plan(sources);
  });
  after(() => rm(folder, { recursive: true }));

  const plan = (files: Record<string, string>, tests: Partial<Plan["tests"]> = {}): Plan =>
    planOf(
      {
        input: {
          language: "Solidity",
          sources: Object.fromEntries(Object.entries(files).map(([file, content]) => [file, { content }])),
          settings: { evmVersion: "cancun" },
        },
        tests: { projectRoot: folder, hardfork: "osaka", ...tests },
        isTarget: (file) => !file.endsWith(".t.sol"),
      },
      compile,
    );

  const tryThem = async (of: Plan, mutations = of.mutations, timeout = 60_000) => {
    const verdicts = new Map<Mutation, Verdict>();
    const onVerdict = (mutation: Mutation, verdict: Verdict) => verdicts.set(mutation, verdict);
    await tryAll(of, mutations, { jobs: 1, deadline: Infinity, timeout, onVerdict });
    return verdicts;
  };

  it("finds every fault of a contract, and the one that its tests do not notice", async () => {
    expect(toy.mutations.map(({ id }) => id)).to.have.members(IDS);
    const verdicts = await tryThem(toy);
    const survivors = [...verdicts].filter(([, { status }]) => status === "survived");
    expect(survivors.map(([{ id }]) => id)).to.deep.equal(SURVIVORS);
    const killed = [...verdicts.values()].filter(({ status }) => status === "killed");
    expect(killed).to.have.lengthOf(IDS.length - SURVIVORS.length);
    const boundary = [...verdicts].find(([{ id }]) => id.includes("n >= limit"));
    expect(boundary?.[1]).to.include({ suite: "Counter.t.sol:CounterTest", test: "test_Add()" });
  });

  it("changes only the place that it names", () => {
    const boundary = toy.mutations.find(({ id }) => id.includes("n >= limit"))!;
    expect(mutated(Buffer.from(COUNTER), boundary)).to.equal(COUNTER.replace("n > limit", "n >= limit"));
    expect(diffOf(boundary, COUNTER)).to.equal(
      "Counter.sol:11  boundary\n  - if (n > limit) revert TooMany(n);\n  + if (n >= limit) revert TooMany(n);",
    );
  });

  it("ends a worker that does not answer in time, and goes on", async () => {
    const verdicts = await tryThem(toy, toy.mutations.slice(0, 2), 1);
    expect([...verdicts.values()]).to.deep.equal([{ status: "timeout" }, { status: "timeout" }]);
  });

  it("tells what does not compile, and what compiles to the same", async () => {
    const [fault] = toy.mutations;
    const made = ["nonsense", "count /* the same */"].map((replacement) => {
      const start = COUNTER.indexOf("count = 7");
      return { ...fault!, start, end: start + "count".length, replacement };
    });
    const verdicts = await tryThem(toy, [{ ...made[0]!, replacement: "7 +" }, made[1]!]);
    expect([...verdicts.values()].map(({ status }) => status)).to.deep.equal(["invalid", "same"]);
  });

  it("goes on from what it knows, as far as that still follows", async () => {
    const file = path.join(folder, "results.jsonl");
    const results = new Results(file, toy);
    const killed = {
      status: "killed",
      suite: "Counter.t.sol:CounterTest",
      test: "test",
      reason: "",
    } as const;
    const [first, second, third] = toy.mutations;
    results.add(first!, { verdict: killed, cpu: 1 });
    results.add(second!, { verdict: { status: "survived" }, cpu: 1 });
    // The run was ended while it wrote.
    await appendFile(file, '{"key":"');

    const known = (files: Record<string, string>) => {
      const of = plan(files);
      const again = new Results(file, of);
      return of.mutations.slice(0, 3).map((mutation) => again.find(mutation)?.verdict.status);
    };
    expect(known(sources)).to.deep.equal(["killed", "survived", undefined]);
    const more = `pragma solidity ^0.8.28; import {Counter} from "./Counter.sol";
contract MoreTest { function test_More() external { new Counter(1).add(1); } }`;
    expect(known({ ...sources, "More.t.sol": more })).to.deep.equal(["killed", undefined, undefined]);
    expect(known({ ...sources, "Counter.t.sol": `${COUNTER_TEST} ` })).to.deep.equal(
      Array(3).fill(undefined),
    );
    expect(known({ ...sources, "Counter.sol": `${COUNTER} ` })).to.deep.equal(Array(3).fill(undefined));
    results.add(third!, { verdict: { status: "survived" }, cpu: 1 });
    expect(known(sources)).to.deep.equal(["killed", "survived", "survived"]);
  });

  it("sets explanations against what survives", () => {
    const { mutations } = toy;
    const [gone, known, open] = mutations.map(({ id }) => id);
    const report = judge(
      mutations.slice(0, 4),
      ({ id }) =>
        id === mutations[3]?.id
          ? undefined
          : { verdict: id === gone ? { status: "invalid", reason: "" } : { status: "survived" }, cpu: 500 },
      { [gone!]: "it was equivalent", [known!]: "it is equivalent", "Counter.sub: [- → +]": "it is gone" },
    );
    expect(report.judged.map(({ kind }) => kind)).to.deep.equal([
      "invalid",
      "explained",
      "survived",
      "unreached",
    ]);
    expect(report.stale).to.deep.equal([gone, "Counter.sub: [- → +]"]);
    expect(report.cpu).to.equal(1.5);
    expect(report.judged[2]?.mutation.id).to.equal(open);
    expect(count(report.judged)).to.include({ mutants: 4, killed: 0, survived: 1 });
    expect(rowsOf(report.judged).at(-1)).to.deep.equal([
      "all",
      "4",
      "0",
      "1",
      "1",
      "0",
      "1",
      "0",
      "1",
      "0.0 %",
    ]);
  });

  describe("--invariants", () => {
    const invariant = { runs: 1, depth: 20, failOnRevert: true, shrinkRunLimit: 0 };
    const broken = (from: string, to: string, ...noticedBy: string[]): Break => ({
      ...{ what: to, file: "contracts/Counter.sol", from, to, noticedBy },
    });
    let runSuite: RunSuite;
    let of: Plan;
    before(async () => {
      const files = {
        "project/contracts/Counter.sol": COUNTER,
        "project/test/Counter.invariants.t.sol": COUNTER_INVARIANTS.replace("../", "project/"),
      };
      of = plan(files, { invariant });
      runSuite = await loadRunner(of.tests);
    });
    const tryIt = (one: Break) => bite(one, of, compile, runSuite);

    it("tells which invariants notice a break, and which rules of a handler", async () => {
      const more = await tryIt(broken("count += n", "count += n + 1", "invariant_Sum"));
      expect(more).to.deep.include({ invariants: ["invariant_Sum"], rules: [] });
      expect(missed(more)).to.deep.equal([]);
      const less = await tryIt(broken("count += n", "count -= n", "invariant_Start", "TooLittle"));
      expect(less).to.deep.include({ invariants: [], rules: ["TooLittle"] });
      expect(missed(less)).to.deep.equal(["invariant_Start"]);
      const none = await tryIt(broken("count += n", "assert(n > 3)", "invariant_Sum"));
      expect(none).to.deep.include({ invariants: [], rules: ["revert"] });
      expect(missed(none)).to.deep.equal(["invariant_Sum"]);
    });

    it("takes no break that is none, or of no certain place", async () => {
      for (const [one, message] of [
        [broken("count += n;", "count += n; // more"), "the same code"],
        [broken("count += n;", "count += ;"), "Expected primary expression"],
        [broken("count", "sum"), "stands 2 times"],
        [broken("nothing", "something"), "stands 0 times"],
      ] as const)
        expect(await tryIt(one).catch(String), one.to).to.include(message);
    });
  });
});
