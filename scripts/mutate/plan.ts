/** What has to be compiled and run for a fault in each file, worked out once from a compilation of everything. */
import path from "node:path";

import { text, type Node } from "../solidity/ast.ts";
import { errorOf, type Input, type Output } from "../solidity/solc.ts";
import { CODE, type Compile } from "./compiler.ts";
import { dependenciesOf, type Dependencies } from "./dependencies.ts";
import { addressOf, link, type Linked } from "./linking.ts";
import { mutationsOf, type Mutation } from "./operators.ts";
import type { Artifact, TestConfig } from "./runner.ts";

export interface Project {
  /** All contracts and tests. */
  readonly input: Input;
  readonly tests: TestConfig;
  /** Whether faults are put into a file. */
  readonly isTarget: (file: string) => boolean;
}

/** A contract that tests create; its code is in an account. */
export interface Deployed extends Linked {
  readonly key: string;
}

/** What a fault in a file concerns. */
export interface Affected {
  /** The files to compile. */
  readonly sources: readonly string[];
  /** The contracts whose code the file is part of, suites among them. */
  readonly contracts: readonly string[];
  /** The suites to run: those of the file's name first. */
  readonly suites: readonly string[];
}

export interface Suite {
  /** All files that it is made of. */
  readonly sources: readonly string[];
  readonly creates: readonly string[];
}

/** All that a worker needs; it is sent to it once. Contracts go by `file:name`. */
export interface Plan {
  readonly input: Input;
  readonly tests: TestConfig;
  /** The suites, and what they create; not linked. */
  readonly artifacts: Readonly<Record<string, Artifact>>;
  readonly suites: Readonly<Record<string, Suite>>;
  readonly deployed: readonly Deployed[];
  /** By file. */
  readonly affected: Readonly<Record<string, Affected>>;
  readonly mutations: readonly Mutation[];
}

/** The file and the name of a contract. */
export function partsOf(key: string): readonly [file: string, name: string] {
  const separator = key.lastIndexOf(":");
  return [key.slice(0, separator), key.slice(separator + 1)];
}

/** What the compiler made of a contract. */
export function artifactOf({ contracts = {} }: Output, key: string): Artifact {
  const [file, name] = partsOf(key);
  const contract = contracts[file]?.[name];
  if (contract === undefined) throw new ReferenceError(`The compiler gave no ${key}`);
  const { bytecode, deployedBytecode } = contract.evm;
  return {
    ...{ file, name, abi: JSON.stringify(contract.abi) },
    ...{ bytecode: bytecode.object, deployedBytecode: deployedBytecode.object },
  };
}

/**
 * With loaders instead of the code of these contracts.
 *
 * @throws {RangeError} if it does not hold one of them: a fault in that would go unnoticed.
 */
export function linked(artifact: Artifact, held: readonly Linked[]): Artifact {
  const [bytecode, deployedBytecode] = [link(artifact.bytecode, held), link(artifact.deployedBytecode, held)];
  for (const { address } of held)
    if (!bytecode.includes(address))
      throw new RangeError(`${artifact.name} does not hold the code of ${address}`);
  return { ...artifact, bytecode, deployedBytecode };
}

/** The functions that the runner calls. */
export const testsOf = ({ abi }: Artifact): readonly string[] =>
  (JSON.parse(abi) as readonly { readonly type: string; readonly name?: string }[])
    .filter(({ type, name = "" }) => type === "function" && /^(test|invariant)/.test(name))
    .map(({ name = "" }) => name);

/** @throws {SyntaxError} if the project does not compile. */
export function planOf({ input, tests, isTarget }: Project, compile: Compile): Plan {
  const output = compile(input, { "*": { "*": CODE, "": ["ast"] } });
  const error = errorOf(output);
  if (error !== undefined) throw new SyntaxError(error);
  const units = new Map(Object.entries(output.sources).map(([file, { ast }]) => [file, ast]));
  const dependencies = dependenciesOf(units);
  const contracts = contractsOf(output, dependencies, isTarget);

  const suites = contracts.filter(({ isSuite }) => isSuite);
  const created = contracts.filter(({ key }) => suites.some(({ creates }) => creates.includes(key)));
  const deployed = created
    .filter(({ isSuite, parts }) => !isSuite && parts.length > 0)
    .map(({ key, artifact }, i) => ({ key, address: addressOf(i), code: artifact.bytecode }));
  for (const { key, creates } of created)
    if (isIn(deployed, key) && creates.some((other) => isIn(deployed, other)))
      throw new RangeError(`${key}, which has an account, creates another that has`);

  const targets = Object.keys(input.sources).filter(isTarget);
  return {
    input,
    tests,
    artifacts: Object.fromEntries([...suites, ...created].map(({ key, artifact }) => [key, artifact])),
    suites: Object.fromEntries(
      suites.map(({ key, creates, artifact: { file } }) => [
        key,
        { sources: [...dependencies.importsOf(file)], creates },
      ]),
    ),
    deployed,
    affected: Object.fromEntries(
      targets.map((file) => [file, affectedBy(file, suites, deployed, contracts, dependencies)]),
    ),
    mutations: targets.flatMap((file) => {
      const unit = units.get(file);
      return unit === undefined
        ? []
        : mutationsOf(file, Buffer.from(input.sources[file]?.content ?? ""), unit);
    }),
  };
}

/** A contract that has code. */
interface Contract {
  readonly key: string;
  readonly artifact: Artifact;
  readonly isSuite: boolean;
  /** The targets that are part of its code. */
  readonly parts: readonly string[];
  /** What it creates, and what that creates. */
  readonly creates: readonly string[];
}

function contractsOf(
  output: Output,
  { contracts, partsOf, createdBy }: Dependencies,
  isTarget: (file: string) => boolean,
): readonly Contract[] {
  const files = new Map(contracts.map(({ file, node }) => [node, file]));
  const keyOf = (node: Node): string => `${files.get(node) ?? ""}:${text(node, "name")}`;
  return contracts
    .map(({ node }) => {
      const artifact = artifactOf(output, keyOf(node));
      const parts = [...partsOf(node)].filter(isTarget);
      const creates = createdBy(node).map(keyOf);
      return { key: keyOf(node), artifact, isSuite: testsOf(artifact).length > 0, parts, creates };
    })
    .filter(({ artifact }) => artifact.bytecode !== "");
}

const isIn = (contracts: readonly { readonly key: string }[], key: string): boolean =>
  contracts.some((contract) => contract.key === key);

function affectedBy(
  file: string,
  suites: readonly Contract[],
  deployed: readonly Deployed[],
  all: readonly Contract[],
  { importsOf }: Dependencies,
): Affected {
  const contracts = all
    .filter(({ key, parts }) => parts.includes(file) && (isIn(deployed, key) || isIn(suites, key)))
    .map(({ key }) => key);
  const isOwn = ({ artifact }: Contract): boolean =>
    path.basename(artifact.file).startsWith(`${path.basename(file, ".sol")}.`);
  const concerned = suites
    .filter(({ key, creates }) => [key, ...creates].some((other) => contracts.includes(other)))
    .toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)));
  return {
    sources: [...new Set(contracts.flatMap((key) => [...importsOf(partsOf(key)[0])]))],
    contracts,
    suites: concerned.map(({ key }) => key),
  };
}
