/** Which files make up a contract's code, and which contracts it creates. */
import { list, referenceOf, text, walk, type Node } from "../solidity/ast.ts";

/** Something at the top of a file or of a contract. */
interface Declaration {
  readonly node: Node;
  readonly file: string;
  /** The contract that it stands in. */
  readonly owner?: Node;
}

export interface Dependencies {
  /** All files that a file needs to compile, itself among them. */
  readonly importsOf: (file: string) => ReadonlySet<string>;
  /**
   * The files whose code is part of a contract's own: those of its bases, and of the library functions, free functions and
   * constants that they use. What it calls or creates has code of its own.
   */
  readonly partsOf: (contract: Node) => ReadonlySet<string>;
  /** The contracts whose code a contract holds because it, or one that it creates, creates them. */
  readonly createdBy: (contract: Node) => readonly Node[];
  /** All contracts. */
  readonly contracts: readonly { readonly file: string; readonly node: Node }[];
}

/** @param units The `SourceUnit`s, by file. */
export function dependenciesOf(units: ReadonlyMap<string, Node>): Dependencies {
  const declarations = new Map<number, Declaration>();
  for (const [file, unit] of units)
    for (const node of list(unit, "nodes")) {
      declarations.set(node.id, { node, file });
      if (node.nodeType === "ContractDefinition")
        for (const member of list(node, "nodes"))
          declarations.set(member.id, { node: member, file, owner: node });
    }
  const named = (ids: unknown): readonly Declaration[] =>
    (Array.isArray(ids) ? ids : []).map((id) => {
      const declaration = declarations.get(Number(id));
      if (declaration === undefined) throw new ReferenceError(`No declaration has the id ${String(id)}`);
      return declaration;
    });

  const importsOf = (file: string): ReadonlySet<string> => {
    const files = new Set([file]);
    for (const found of files)
      for (const node of list(units.get(found) ?? { id: 0, nodeType: "", src: "" }, "nodes"))
        if (node.nodeType === "ImportDirective") files.add(text(node, "absolutePath"));
    return files;
  };

  const partsOf = (contract: Node): ReadonlySet<string> => {
    const parts = new Set(named(contract["linearizedBaseContracts"]));
    for (const { node } of parts)
      for (const inner of walk(node)) {
        const used = declarations.get(referenceOf(inner) ?? -1);
        if (used !== undefined && isInlined(used)) parts.add(used);
      }
    return new Set([...parts].map(({ file }) => file));
  };

  const createdBy = (contract: Node): readonly Node[] => {
    const created = new Set([contract]);
    for (const creator of created)
      for (const { node } of named(creator["contractDependencies"])) created.add(node);
    created.delete(contract);
    return [...created];
  };

  const contracts = [...declarations.values()].filter(({ node }) => node.nodeType === "ContractDefinition");
  return { importsOf, partsOf, createdBy, contracts };
}

function isInlined({ node, owner }: Declaration): boolean {
  if (node.nodeType !== "FunctionDefinition" && node.nodeType !== "VariableDeclaration") return false;
  return owner === undefined || text(owner, "contractKind") === "library";
}
