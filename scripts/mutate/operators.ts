/** Every small fault that is put into a source file, one at a time, to see whether a test notices. */
import {
  child,
  isNode,
  list,
  rangeOf,
  referenceOf,
  text,
  typeOf,
  walk,
  type Node,
  type Range,
} from "../solidity/ast.ts";

export type Operator =
  | "argument" // two neighbours of one type change places
  | "boundary" // a comparison takes in, or leaves out, what is equal, or looks the other way
  | "check" // what reverts no longer does
  | "condition" // always, never, or the opposite
  | "constant" // another number, text or named constant
  | "environment" // another account or another clock
  | "location" // what was written to storage is written to a copy
  | "operand" // one side of an operation is left out
  | "operation" // another operation
  | "statement"; // left out

/** Other bytes for those in the range. */
export interface Patch extends Range {
  readonly file: string;
  readonly replacement: string;
}

/** One fault. */
export interface Mutation extends Patch {
  /** Tells it from all others, whatever lines stand above it: the place, and the line with the change in brackets. */
  readonly id: string;
  readonly operator: Operator;
}

interface Draft extends Range {
  readonly operator: Operator;
  readonly replacement: string;
}

/** What a node is to the one around it, as far as it decides which faults tell something new. */
type Role =
  | "value"
  | "target" // it is written to
  | "statement" // nobody takes its value
  | "negated" // `!` stands before it, and is changed in its place
  | "conjunct" // false would make all of it false, which is done to the whole
  | "disjunct" // likewise true
  | "guard" // what it guards is a revert
  | "sole"; // a false condition above it would leave it out

interface Context {
  readonly source: Buffer;
  /** Each named constant's successor among those of its contract and type. */
  readonly successors: ReadonlyMap<number, string>;
  /** The names of what the function returns. */
  readonly returned: ReadonlySet<string>;
  /** The declarations that it writes to, or through. */
  readonly written: ReadonlySet<number>;
}

/**
 * All faults of a file, in the order of their places; none in its interfaces.
 *
 * @param file The name that the mutations will carry.
 * @param source The bytes that the tree was made of.
 * @param unit The file's `SourceUnit`.
 */
export function mutationsOf(file: string, source: Buffer, unit: Node): readonly Mutation[] {
  const mutations: Mutation[] = [];
  const seen = new Set<string>();
  const ids = new Map<string, number>();
  for (const { where, node, context } of bodiesOf(unit, source))
    for (const draft of [...draftsOf(node, "value", context)].sort((a, b) => a.start - b.start)) {
      const key = `${draft.start} ${draft.end} ${draft.replacement}`;
      if (seen.has(key) || draft.replacement === slice(source, draft)) continue;
      seen.add(key);
      const name = `${where}: ${inItsLine(source, draft)}`;
      const earlier = ids.get(name) ?? 0;
      ids.set(name, earlier + 1);
      mutations.push({ ...draft, file, id: earlier === 0 ? name : `${name} #${earlier + 1}` });
    }
  return mutations;
}

/** The source with the fault in it. */
export const mutated = (source: Buffer, { start, end, replacement }: Draft | Patch): string =>
  Buffer.concat([source.subarray(0, start), Buffer.from(replacement), source.subarray(end)]).toString();

const slice = (source: Buffer, { start, end }: Range): string => source.subarray(start, end).toString();

const collapsed = (code: string): string => code.replace(/\s+/g, " ");

/** `if (a [< → <=] b) revert Late();` */
function inItsLine(source: Buffer, { start, end, replacement }: Draft): string {
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  const newline = source.indexOf("\n", end);
  const before = collapsed(slice(source, { start: lineStart, end: start })).trimStart();
  const after = collapsed(
    slice(source, { start: end, end: newline < 0 ? source.length : newline }),
  ).trimEnd();
  const [was, is] = [slice(source, { start, end }), replacement].map((code) => shortened(collapsed(code)));
  return `${before.length > 60 ? `…${before.slice(-60)}` : before}[${was ?? ""} → ${is ?? ""}]${after.length > 60 ? `${after.slice(0, 60)}…` : after}`;
}

const shortened = (code: string): string =>
  code.length > 120 ? `${code.slice(0, 60)}…${code.slice(-60)}` : code;

interface Body {
  readonly where: string;
  readonly node: Node;
  readonly context: Context;
}

/** The functions, and the values that state variables begin with. */
function* bodiesOf(unit: Node, source: Buffer): Generator<Body> {
  for (const contract of list(unit, "nodes")) {
    if (contract.nodeType !== "ContractDefinition" || text(contract, "contractKind") === "interface")
      continue;
    const successors = successorsOf(contract);
    for (const node of list(contract, "nodes")) {
      const where = `${text(contract, "name")}.${text(node, "name") || text(node, "kind")}`;
      const isVariable = node.nodeType === "VariableDeclaration";
      const body = isVariable ? child(node, "value") : node;
      if (body === undefined || !(isVariable || node.nodeType === "FunctionDefinition")) continue;
      const returns = child(node, "returnParameters");
      const returned = new Set(returns && list(returns, "parameters").map((value) => text(value, "name")));
      yield { where, node: body, context: { source, successors, returned, written: writtenIn(node) } };
    }
  }
}

/** What assignments, steps and `delete` change. */
function writtenIn(node: Node): ReadonlySet<number> {
  const written = new Set<number>();
  for (const { nodeType, ...fields } of walk(node)) {
    const target = nodeType === "Assignment" ? fields["leftHandSide"] : fields["subExpression"];
    if (!isNode(target)) continue;
    for (const inner of walk(target)) {
      const id = referenceOf(inner);
      if (id !== undefined) written.add(id);
    }
  }
  return written;
}

/** The last constant of a type is followed by the first. */
function successorsOf(contract: Node): ReadonlyMap<number, string> {
  const constants = list(contract, "nodes").filter((node) => text(node, "mutability") === "constant");
  const successors = new Map<number, string>();
  for (const [i, constant] of constants.entries()) {
    const others = [...constants.slice(i + 1), ...constants.slice(0, i)];
    const successor = others.find((other) => typeOf(other) === typeOf(constant));
    if (successor !== undefined) successors.set(constant.id, text(successor, "name"));
  }
  return successors;
}

/** What has no faults of its own: names of types, and what stands in an interface already. */
const SKIPPED = ["documentation", "overrides", "returnParameters", "typeName"];

/** The faults of a node and of all below it. */
function* draftsOf(node: Node, role: Role, context: Context): Generator<Draft> {
  yield* conditions(node, role, context);
  yield* (OPERATORS[node.nodeType] ?? none)(node, role, context);
  for (const [field, value] of Object.entries(node))
    if (!SKIPPED.includes(field))
      for (const inner of Array.isArray(value) ? value : [value])
        if (isNode(inner)) yield* draftsOf(inner, roleOf(node, field, role), context);
}

function roleOf(node: Node, field: string, role: Role): Role {
  const operator = text(node, "operator");
  switch (`${node.nodeType}.${field}`) {
    case "ExpressionStatement.expression":
      return "statement";
    case "Assignment.leftHandSide":
      return "target";
    case "MemberAccess.expression":
    case "IndexAccess.baseExpression":
      return role === "target" ? role : "value";
    case "TupleExpression.components":
      return list(node, "components").length === 1 || role === "target" ? role : "value";
    case "UnaryOperation.subExpression":
      return operator === "!" ? "negated" : operator in UNARY ? "value" : "target";
    case "BinaryOperation.leftExpression":
    case "BinaryOperation.rightExpression":
      return operator === "&&" ? "conjunct" : operator === "||" ? "disjunct" : "value";
    case "IfStatement.condition":
      return soleOf(node)?.nodeType === "RevertStatement" ? "guard" : "value";
    case "IfStatement.trueBody":
      return soleOf(node) === undefined ? "value" : "sole";
    case "ForStatement.initializationExpression":
    case "ForStatement.loopExpression":
      return "sole";
    case "Block.statements":
      return role;
    default:
      return "value";
  }
}

/** The one statement that an `if` without `else` decides about, if it is one. */
function soleOf(node: Node): Node | undefined {
  const body = child(node, "trueBody");
  if (body === undefined || child(node, "falseBody") !== undefined) return undefined;
  if (body.nodeType !== "Block") return body;
  const [sole, ...others] = list(body, "statements");
  return others.length === 0 ? sole : undefined;
}

// ------------------------------------------------------------------------------------------------------------ operators

type Operators = (node: Node, role: Role, context: Context) => Iterable<Draft>;

const none: Operators = () => [];

/** By the kind of the node that they change. */
const OPERATORS: Partial<Record<string, Operators>> = {
  Assignment: assignments,
  BinaryOperation: function* (node, _role, context) {
    yield* boundaries(node, context);
    yield* operations(node, context);
  },
  EmitStatement: removals,
  ExpressionStatement: removals,
  FunctionCall: function* (node, _role, context) {
    yield* environments(node, context);
    yield* swaps(list(node, "arguments"), context);
  },
  Identifier: successors,
  Literal: literals,
  MemberAccess: (node, _role, context) => environments(node, context),
  Return: function* (node, role, context) {
    const value = child(node, "expression");
    if (value?.nodeType === "TupleExpression") yield* swaps(list(value, "components"), context);
    // Without the statement a boolean is false, which its condition was made already, and a named value is returned.
    const isNew =
      value === undefined || (typeOf(value) !== "bool" && !context.returned.has(text(value, "name")));
    if (isNew) yield* removals(node, role, context);
  },
  RevertStatement: removals,
  UnaryOperation: unaries,
  VariableDeclaration: locations,
  VariableDeclarationStatement: initialisers,
};

const OPPOSITE: Partial<Record<string, string>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

/** Always, never, and the opposite. */
function* conditions(node: Node, role: Role, { source }: Context): Generator<Draft> {
  const isParenthesis = node.nodeType === "TupleExpression";
  if (typeOf(node) !== "bool" || node.nodeType === "Literal" || isParenthesis || !isExpression(node)) return;
  if (role === "target" || role === "statement" || role === "negated") return;
  const range = rangeOf(node);
  if (role !== "disjunct") yield { ...range, replacement: "true", operator: "condition" };
  if (role !== "conjunct")
    yield { ...range, replacement: "false", operator: role === "guard" ? "check" : "condition" };
  const opposite = OPPOSITE[text(node, "operator")];
  const negated = text(node, "operator") === "!" ? child(node, "subExpression") : undefined;
  const replacement =
    negated !== undefined
      ? slice(source, rangeOf(negated))
      : opposite !== undefined
        ? withOperator(node, opposite, source)
        : `!(${slice(source, range)})`;
  yield { ...range, replacement, operator: "condition" };
}

/** Declarations have a type as well. */
const isExpression = (node: Node): boolean => "isConstant" in node;

/** The operation with another sign between its sides, which may have comments around it. */
function withOperator(node: Node, operator: string, source: Buffer): string {
  const [left, right] = sidesOf(node);
  const between = slice(source, { start: rangeOf(left).end, end: rangeOf(right).start });
  return `${slice(source, rangeOf(left))}${between.replace(text(node, "operator"), operator)}${slice(source, rangeOf(right))}`;
}

function sidesOf(node: Node): readonly [Node, Node] {
  const left = child(node, "leftExpression") ?? child(node, "leftHandSide");
  const right = child(node, "rightExpression") ?? child(node, "rightHandSide");
  if (left === undefined || right === undefined)
    throw new TypeError(`${node.nodeType} at ${node.src} has no two sides`);
  return [left, right];
}

const BOUNDARIES: Partial<Record<string, readonly string[]>> = {
  "<": ["<=", ">"],
  "<=": ["<", ">="],
  ">": [">=", "<"],
  ">=": [">", "<="],
  "==": ["<=", ">="],
  "!=": ["<", ">"],
};

function* boundaries(node: Node, { source }: Context): Generator<Draft> {
  const operator = text(node, "operator");
  const sides = sidesOf(node);
  const isEquality = operator === "==" || operator === "!=";
  // Nothing is below zero, so that `x != 0` is `x > 0`.
  if (isEquality && !sides.every((side) => isInteger(side) && text(side, "value") !== "0")) return;
  for (const other of BOUNDARIES[operator] ?? [])
    yield { ...rangeOf(node), replacement: withOperator(node, other, source), operator: "boundary" };
}

const BINARY: Partial<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "**": "*",
  "&": "|",
  "|": "&",
  "^": "&",
  "<<": ">>",
  ">>": "<<",
};

function* operations(node: Node, { source }: Context): Generator<Draft> {
  const operator = text(node, "operator");
  const range = rangeOf(node);
  const logical = operator === "&&" ? "||" : operator === "||" ? "&&" : undefined;
  const other = logical ?? BINARY[operator];
  if (other === undefined) return;
  yield { ...range, replacement: withOperator(node, other, source), operator: "operation" };
  if (logical !== undefined) return;
  for (const side of sidesOf(node))
    yield { ...range, replacement: slice(source, rangeOf(side)), operator: "operand" };
}

function* assignments(node: Node, _role: Role, { source }: Context): Generator<Draft> {
  const operator = text(node, "operator");
  const other = BINARY[operator.slice(0, -1)];
  if (other === undefined) return;
  yield { ...rangeOf(node), replacement: withOperator(node, `${other}=`, source), operator: "operation" };
  yield { ...rangeOf(node), replacement: withOperator(node, "=", source), operator: "operation" };
}

const UNARY: Partial<Record<string, string>> = { "-": "", "~": "" };
const STEP: Partial<Record<string, string>> = { "++": "--", "--": "++" };

function* unaries(node: Node, role: Role, { source }: Context): Generator<Draft> {
  const operator = text(node, "operator");
  const inner = child(node, "subExpression");
  if (inner === undefined) return;
  const range = rangeOf(node);
  const operand = slice(source, rangeOf(inner));
  if (operator in UNARY) yield { ...range, replacement: operand, operator: "operand" };
  const other = STEP[operator];
  if (other === undefined) return;
  const isPrefix = node["prefix"] === true;
  yield {
    ...range,
    replacement: isPrefix ? `${other}${operand}` : `${operand}${other}`,
    operator: "operation",
  };
  if (role !== "statement")
    yield {
      ...range,
      replacement: isPrefix ? `${operand}${operator}` : `${operator}${operand}`,
      operator: "operation",
    };
}

/** One more, one less, the other truth, and a text that differs in its last character. */
function* literals(node: Node, _role: Role, { source }: Context): Generator<Draft> {
  const range = rangeOf(node);
  const value = text(node, "value");
  switch (text(node, "kind")) {
    case "number": {
      if (!/^(0x)?[0-9a-fA-F_]+$/.test(value)) return;
      const number = BigInt(value.replaceAll("_", ""));
      const unit = text(node, "subdenomination");
      for (const other of number === 0n ? [1n] : [number + 1n, number - 1n])
        yield { ...range, replacement: `${other}${unit === "" ? "" : ` ${unit}`}`, operator: "constant" };
      return;
    }
    case "bool":
      yield { ...range, replacement: value === "true" ? "false" : "true", operator: "constant" };
      return;
    case "string":
    case "unicodeString": {
      const quoted = slice(source, range);
      const content = quoted.slice(0, -1);
      const last = content.slice(-1);
      const kept = /[\w .,;:/]/.test(last) && content.length > 1 ? content.slice(0, -1) : content;
      yield {
        ...range,
        replacement: `${kept}${last === "x" ? "y" : "x"}${quoted.slice(-1)}`,
        operator: "constant",
      };
    }
  }
}

/** Another constant of the same type. */
function* successors(node: Node, _role: Role, context: Context): Generator<Draft> {
  const successor = context.successors.get(referenceOf(node) ?? -1);
  if (successor !== undefined) yield { ...rangeOf(node), replacement: successor, operator: "constant" };
}

const ENVIRONMENT: Partial<Record<string, string>> = {
  "msg.sender": "tx.origin",
  "block.timestamp": "block.number",
  "block.number": "block.timestamp",
  "address(this)": "msg.sender",
};

function* environments(node: Node, { source }: Context): Generator<Draft> {
  const range = rangeOf(node);
  const other = ENVIRONMENT[slice(source, range)];
  if (other !== undefined) yield { ...range, replacement: other, operator: "environment" };
}

/** Each changes places with the next of its kind. */
function* swaps(values: readonly Node[], { source }: Context): Generator<Draft> {
  for (const [i, value] of values.entries()) {
    const other = values.slice(i + 1).find((candidate) => kindOf(candidate) === kindOf(value));
    if (other === undefined) continue;
    const [first, second] = [rangeOf(value), rangeOf(other)];
    const between = slice(source, { start: first.end, end: second.start });
    const replacement = `${slice(source, second)}${between}${slice(source, first)}`;
    yield { start: first.start, end: second.end, replacement, operator: "argument" };
  }
}

/** The type, wherever the value lies. */
function kindOf(node: Node): string {
  const type = typeOf(node).replace(/ (calldata|memory|storage).*$/, "");
  const literal = /^(int_const|literal_string) /.exec(type)?.[1];
  return literal ?? (type === "address payable" ? "address" : type);
}

const isInteger = (node: Node): boolean => /^(u?int\d+$|int_const )/.test(typeOf(node));

function* locations(node: Node, _role: Role, { source, written }: Context): Generator<Draft> {
  // A copy that is only read is the same but for its gas.
  if (text(node, "storageLocation") !== "storage" || !written.has(node.id)) return;
  if (typeOf(node).startsWith("mapping")) return;
  const range = rangeOf(node);
  const replacement = slice(source, range).replace(/\bstorage\b/, "memory");
  yield { ...range, replacement, operator: "location" };
}

/** A variable that begins with zero. */
function* initialisers(node: Node, role: Role): Generator<Draft> {
  const [declaration, ...others] = list(node, "declarations");
  const value = child(node, "initialValue");
  if (declaration === undefined || value === undefined || others.length > 0 || role === "sole") return;
  if (!["default", "memory"].includes(text(declaration, "storageLocation"))) return;
  yield { start: rangeOf(declaration).end, end: rangeOf(value).end, replacement: "", operator: "statement" };
}

function* removals(node: Node, role: Role, { source }: Context): Generator<Draft> {
  if (role === "sole") return;
  const { start, end } = rangeOf(node);
  const semicolon = /^\s*;/.exec(slice(source, { start: end, end: end + 200 }))?.[0].length ?? 0;
  const operator = node.nodeType === "RevertStatement" ? "check" : "statement";
  yield { start, end: end + semicolon, replacement: "{}", operator };
}
