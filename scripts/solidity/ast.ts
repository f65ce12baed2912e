/** What is read from the compiler's syntax trees. */

/** A node: the fields that every node has; the others are read by name, with the functions below. */
export interface Node {
  readonly id: number;
  readonly nodeType: string;
  /** `start:length:file`, in bytes. */
  readonly src: string;
  readonly [field: string]: unknown;
}

/** Bytes of a source file, from `start` to before `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "nodeType" in value && "src" in value;

/** The node's range in its file. */
export function rangeOf(node: Node): Range {
  const [start = 0, length = 0] = node.src.split(":").map(Number);
  return { start, end: start + length };
}

/** The node in a field, if there is one. */
export function child(node: Node, field: string): Node | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** The nodes in a field that holds a list; tuples may have gaps, which are left out. */
export function list(node: Node, field: string): readonly Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** A field that holds text; empty if there is none. */
export function text(node: Node, field: string): string {
  const value = node[field];
  return typeof value === "string" ? value : "";
}

/** The declaration that a name refers to. */
export function referenceOf(node: Node): number | undefined {
  const value = node["referencedDeclaration"];
  return typeof value === "number" ? value : undefined;
}

/** The type of an expression or a declaration, as the compiler writes it. */
export function typeOf(node: Node): string {
  const types = node["typeDescriptions"];
  if (typeof types !== "object" || types === null || !("typeString" in types)) return "";
  return typeof types.typeString === "string" ? types.typeString : "";
}

/** The nodes right below one, in the order of the fields. */
export function* childrenOf(node: Node): Generator<Node> {
  for (const value of Object.values(node))
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) yield* value.filter(isNode);
}

/** A node and everything below it. */
export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const below of childrenOf(node)) yield* walk(below);
}
