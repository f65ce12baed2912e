/**
 * Puts a contract's functions into a form that solvers can reason about: their own text, in which each internal call makes
 * way for the body that it calls, and structs in mappings for a mapping of each field.
 */
import {
  child,
  childrenOf,
  list,
  rangeOf,
  referenceOf,
  text,
  typeOf,
  walk,
  type Node,
} from "../solidity/ast.ts";
import { folded, masked, Writer } from "./writer.ts";

/** What is done to the text. Nothing else is, and what is not known here stops the run. */
export const REWRITTEN = [
  "an internal call becomes the body of what it calls, `super` and overrides resolved, its variables renamed",
  "a mapping to structs becomes a mapping for each field; a storage pointer, the keys that it stands for",
  "`revert` becomes `require(false)`; a `return` before the end, an assignment and an `else`; calldata, memory",
  "`&&`, `||` and `?:` around such a call become `if`",
  "an operation with a mask of one bit becomes arithmetic with the same result",
  "arguments of `abi.encode` are widened to words and a static struct is given field by field: the bytes are the same",
  "keccak256 is some function: nothing is known of it but that equal inputs have equal hashes",
  "a signature that is not empty is accepted or not, arbitrarily, but always alike for the same account, hash and bytes",
] as const;

/** What the proofs do not speak of. */
export const LEFT_OUT = [
  "events, and which error is raised",
  "`multicall`: each of its calls is a step of its own, with the same sender",
  "the receiver of `safeTransferFrom`, called after everything was written: what it calls is a step of its own",
  "how signatures are checked, the EIP-712 domain, and that hashes do not collide",
  "metadata, interface detection, Merkle proofs, and views but `head`, `canRead` and `canPropose`",
  "the compiler, the EVM and gas",
] as const;

/** Doors that are no step of their own; {@link LEFT_OUT} says why. */
const NO_STEP = ["multicall"];
/** Calls that end a function and change nothing here. */
const CALLS_OUT = ["checkOnERC721Received"];

export interface Variable {
  readonly type: string;
  readonly name: string;
}

/** A function that changes something and can be called from outside. */
export interface Door {
  readonly function: string;
  /** The same, with the number of parameters where several functions have the name. */
  readonly name: string;
  readonly parameters: readonly Variable[];
  readonly results: readonly Variable[];
  /** What it does, as statements; parameters and results are declared where they stand. */
  readonly body: string;
}

/** A call of a view: statements, and the variables that its results are in. */
export interface Call {
  readonly body: string;
  readonly results: readonly Variable[];
}

export interface Source {
  readonly ast: Node;
  readonly content: string;
}

/** A mapping, or mappings in one another, whose values are structs. */
interface Table {
  readonly name: string;
  readonly keys: readonly string[];
  readonly struct: Node;
}

/** A place in a table: with all keys, or only the first ones. */
interface Place {
  readonly table: Table;
  readonly keys: readonly string[];
}

/** How a function writes: its parameters and variables by other names, each used once. */
interface Scope {
  readonly names: Map<number, readonly string[]>;
  /** Where what it returns is written. */
  readonly results: readonly string[];
}

export class Model {
  /** The functions that change something and can be called from outside. */
  readonly doors: readonly Door[];
  readonly #declarations = new Map<number, Node>();
  readonly #files: Buffer[] = [];
  /** The contract and its bases, the most derived first. */
  readonly #contracts: readonly Node[];
  readonly #tables: readonly Table[];
  /** How many names of a text were made so far, and what tells them from those of another text beside it. */
  #text = { count: 0, of: "" };

  /**
   * @param sources The contract's file and all that it imports.
   * @param contract Its name.
   * @throws {SyntaxError} if it has something that no rewriting is known for.
   */
  constructor(sources: Iterable<Source>, contract: string) {
    for (const { ast, content } of sources) {
      this.#files[fileOf(ast)] = Buffer.from(content);
      for (const node of walk(ast)) this.#declarations.set(node.id, node);
    }
    const found = [...this.#declarations.values()].find(
      (node) => node.nodeType === "ContractDefinition" && text(node, "name") === contract,
    );
    if (found === undefined) throw new ReferenceError(`There is no contract ${contract}`);
    this.#contracts = numbers(found, "linearizedBaseContracts").map((id) => this.#declaration(id));
    this.#tables = this.#members("VariableDeclaration").flatMap((variable) => this.#tableOf(variable));
    this.doors = this.#made();
  }

  /** The state and the constants that a text names, as members of a contract. */
  membersIn(words: string): string {
    return this.#members("VariableDeclaration")
      .flatMap((variable) => this.#state(variable))
      .filter(({ name }) => new RegExp(`\\b${name}\\b`).test(words))
      .map(({ text: declaration }) => declaration)
      .join("\n");
  }

  get structs(): string {
    return [...this.#declarations.values()]
      .filter(({ nodeType, id }) => nodeType === "StructDefinition" && this.#isParameter(id))
      .map((struct) => {
        const fields = list(struct, "members").map((member) => `${typeOf(member)} ${text(member, "name")};`);
        return `struct ${text(struct, "name")} { ${fields.join(" ")} }`;
      })
      .join("\n");
  }

  #made(): readonly Door[] {
    const doors = this.#doors();
    return doors.map((door) => {
      this.#text = { count: 0, of: "" };
      const name = text(door, "name");
      const parameters = parametersOf(door, "parameters").map((one) => this.#variable(one));
      const results = parametersOf(door, "returnParameters").map((one) => this.#variable(one));
      const isAlone = doors.filter((other) => text(other, "name") === name).length === 1;
      const out = this.#writer();
      for (const { type, name: result } of results) out.declare(type, result);
      const namesOf = (variables: readonly Variable[]) => variables.map((one) => one.name);
      this.#body(door, namesOf(parameters), namesOf(results), out);
      return {
        ...{ function: name, name: isAlone ? name : `${name}${parameters.length}`, parameters, results },
        body: out.text,
      };
    });
  }

  /**
   * A view that is called.
   *
   * @param label Goes into all names, so that one text can have several calls.
   */
  call(label: string, name: string, args: readonly string[]): Call {
    this.#text = { count: 0, of: label };
    const view = this.#members("FunctionDefinition").find((node) => text(node, "name") === name);
    if (view === undefined) throw new ReferenceError(`There is no ${name}`);
    const out = this.#writer();
    const results = parametersOf(view, "returnParameters").map((one) => {
      const { type } = this.#variable(one);
      return { type, name: this.#declare(one, out) };
    });
    this.#body(
      view,
      args,
      results.map((one) => one.name),
      out,
    );
    return { body: out.text, results };
  }

  // ------------------------------------------------------------------------------------------------- declarations

  #declaration(id: number): Node {
    const node = this.#declarations.get(id);
    if (node === undefined) throw new ReferenceError(`No declaration has the id ${id}`);
    return node;
  }

  #referred(node: Node): Node | undefined {
    return this.#declarations.get(referenceOf(node) ?? -1);
  }

  #members(nodeType: string): readonly Node[] {
    return this.#contracts.flatMap((one) => list(one, "nodes")).filter((node) => node.nodeType === nodeType);
  }

  /** Of functions that override one another, the last. */
  #doors(): readonly Node[] {
    return this.#members("FunctionDefinition").filter(
      (node) =>
        ["external", "public"].includes(text(node, "visibility")) &&
        ["nonpayable", "payable"].includes(text(node, "stateMutability")) &&
        text(node, "kind") === "function" &&
        child(node, "body") !== undefined &&
        !NO_STEP.includes(text(node, "name")) &&
        this.#dispatched(node) === node,
    );
  }

  #isParameter(struct: number): boolean {
    return this.#doors().some((door) =>
      parametersOf(door, "parameters").some(
        (parameter) => referenceOf(child(parameter, "typeName") ?? parameter) === struct,
      ),
    );
  }

  #isResult(variable: Node): boolean {
    const scope = this.#declaration(Number(variable["scope"]));
    return (
      scope.nodeType === "FunctionDefinition" && parametersOf(scope, "returnParameters").includes(variable)
    );
  }

  /** The functions that a function overrides, however far up. */
  #overridden(node: Node): ReadonlySet<Node> {
    const found = new Set(numbers(node, "baseFunctions").map((id) => this.#declaration(id)));
    for (const base of found)
      for (const id of numbers(base, "baseFunctions")) found.add(this.#declaration(id));
    return found;
  }

  /** The function that is run when this one is called by its name. */
  #dispatched(node: Node): Node {
    const functions = this.#members("FunctionDefinition");
    return functions.find((other) => other === node || this.#overridden(other).has(node)) ?? node;
  }

  #tableOf(variable: Node): readonly Table[] {
    const keys: string[] = [];
    let type = child(variable, "typeName");
    while (type?.nodeType === "Mapping") {
      keys.push(typeOf(required(type, "keyType")));
      type = child(type, "valueType");
    }
    const struct = type === undefined ? undefined : this.#referred(type);
    if (keys.length === 0 || struct?.nodeType !== "StructDefinition") return [];
    return [{ name: text(variable, "name"), keys, struct }];
  }

  #state(variable: Node): readonly { readonly name: string; readonly text: string }[] {
    const name = text(variable, "name");
    const declared = (type: string, by: string) => ({ name: by, text: `${type} internal ${by};` });
    const table = this.#tables.find((one) => one.name === name);
    if (table !== undefined)
      return list(table.struct, "members").map((member) =>
        declared(mappingTo(typeOf(member), table.keys), `${name}_${text(member, "name")}`),
      );
    const value = child(variable, "value");
    if (variable["constant"] !== true || value === undefined) return [declared(typeOf(variable), name)];
    return [{ name, text: `${typeOf(variable)} internal constant ${name} = ${this.#raw(value)};` }];
  }

  /** A parameter as a function of the model takes it. */
  #variable(parameter: Node): Variable {
    const struct = this.#referred(child(parameter, "typeName") ?? parameter);
    const isStruct = struct?.nodeType === "StructDefinition";
    const type = isStruct ? `struct ${text(struct, "name")}` : typeOf(parameter);
    const name = text(parameter, "name") || "result";
    const isReference = /^(struct|bytes|string)\b/.test(type);
    return { type: `${type.replace(/^struct | .*$/g, "")}${isReference ? " memory" : ""}`, name };
  }

  /** The keys that a storage pointer stands for, or nothing if a variable is no such pointer. */
  #pointerOf(variable: Node): { readonly table: Table; readonly keys: readonly string[] } | undefined {
    if (text(variable, "storageLocation") !== "storage") return undefined;
    const pointed = typeOf(variable).replace(/ storage (pointer|ref)$/, "");
    for (const table of this.#tables)
      for (let given = 0; given <= table.keys.length; given++) {
        const type = mappingTo(`struct ${text(table.struct, "canonicalName")}`, table.keys.slice(given));
        if (withoutNames(pointed) === withoutNames(type)) return { table, keys: table.keys.slice(0, given) };
      }
    throw this.#unknown(variable, "a pointer");
  }

  // ---------------------------------------------------------------------------------------------------- functions

  #body(node: Node, args: readonly string[], results: readonly string[], out: Writer): void {
    const scope: Scope = { names: new Map(), results };
    const bound = parametersOf(node, "parameters");
    let at = 0;
    for (const parameter of bound) {
      const pointer =
        text(parameter, "storageLocation") === "storage" ? this.#pointerOf(parameter) : undefined;
      const count = pointer?.keys.length ?? 1;
      scope.names.set(parameter.id, args.slice(at, (at += count)));
    }
    for (const [i, result] of parametersOf(node, "returnParameters").entries())
      scope.names.set(result.id, [results[i] ?? ""]);
    this.#statements(list(required(node, "body"), "statements"), scope, out);
  }

  #writer(): Writer {
    const fields = this.#tables.flatMap(({ name, struct }) =>
      list(struct, "members").map((one) => [`${name}_${text(one, "name")}`, typeOf(one)] as const),
    );
    return new Writer({ lines: [], types: new Map(fields), unwritten: new Set() });
  }

  #number(): string {
    return `${this.#text.of}${this.#text.count++}`;
  }

  /** Declares a variable under a name of its own. */
  #declare(variable: Node, out: Writer): string {
    const { type, name } = this.#variable(variable);
    return out.declare(type, `${name}_${this.#number()}`);
  }

  /** Writes the body of a called function, and tells where its results are. */
  #inline(node: Node, scope: Scope, out: Writer): readonly string[] {
    const callee = required(node, "expression");
    const referred = this.#referred(callee);
    if (referred?.nodeType !== "FunctionDefinition") throw this.#unknown(node, "a call");
    const isSuper = text(child(callee, "expression") ?? callee, "name") === "super";
    const called = isSuper ? referred : this.#dispatched(referred);
    const isInternal = (isSuper || callee.nodeType === "Identifier") && child(called, "body") !== undefined;
    if (!isInternal || !this.#members("FunctionDefinition").includes(called))
      throw this.#unknown(node, "a call of another contract or a library");
    const parameters = parametersOf(called, "parameters");
    const args = list(node, "arguments").flatMap((argument, i) => {
      const place = this.#placeOf(argument, scope);
      if (place !== undefined) return place.keys;
      const value = this.#expression(argument, scope, out);
      const parameter = parameters[i];
      if (parameter === undefined) throw this.#unknown(node, "arguments");
      // What lies in memory is written by nobody, and a variable that is no result only once.
      if (/^(struct|bytes|string)\b(?!\d)/.test(typeOf(parameter))) return [value];
      const isState = this.#referred(argument)?.["stateVariable"] === true && !/^\d+$/.test(value);
      if (/^([\w.]+|address\(0\))$/.test(value) && typeOf(parameter) === typeOf(argument) && !isState)
        return [value];
      const fresh = this.#declare(parameter, out);
      out.assign(fresh, value);
      return [fresh];
    });
    const results = parametersOf(called, "returnParameters").map((one) => this.#declare(one, out));
    this.#body(called, args, results, out);
    return results;
  }

  // --------------------------------------------------------------------------------------------------- statements

  #statements(statements: readonly Node[], scope: Scope, out: Writer): void {
    const [first, ...rest] = statements;
    if (first === undefined) return;
    if (!hasReturn(first) || rest.length === 0) {
      this.#statement(first, scope, out);
      this.#statements(rest, scope, out);
      return;
    }
    const body = child(first, "trueBody");
    if (child(first, "falseBody") !== undefined || body === undefined || !endsInReturn(body))
      throw this.#unknown(first, "a return in the midst of a function");
    // What follows is what is done otherwise.
    this.#statements(rest, scope, this.#if(first, scope, out));
  }

  #statement(node: Node, scope: Scope, out: Writer): void {
    switch (node.nodeType) {
      case "Block":
        this.#statements(list(node, "statements"), scope, out);
        return;
      case "UncheckedBlock":
        this.#unchecked(node, scope, out);
        return;
      case "EmitStatement":
        this.#requireNoEffect(list(required(node, "eventCall"), "arguments"));
        return;
      case "RevertStatement":
        this.#requireNoEffect(list(required(node, "errorCall"), "arguments"));
        out.revert();
        return;
      case "Return":
        this.#return(node, scope, out);
        return;
      case "IfStatement":
        this.#if(node, scope, out);
        return;
      case "VariableDeclarationStatement":
        this.#local(node, scope, out);
        return;
      case "ExpressionStatement":
        this.#effect(required(node, "expression"), scope, out);
        return;
      default:
        throw this.#unknown(node, `a ${node.nodeType}`);
    }
  }

  #unchecked(node: Node, scope: Scope, out: Writer): void {
    const statements = list(node, "statements");
    this.#requireNoEffect(statements);
    out.isUnchecked = true;
    this.#statements(statements, scope, out);
    out.isUnchecked = false;
  }

  #return(node: Node, scope: Scope, out: Writer): void {
    const value = child(node, "expression");
    if (value === undefined) return;
    const values = this.#values(value, scope, out);
    if (values.length !== scope.results.length) throw this.#unknown(node, "a return");
    for (const [i, result] of scope.results.entries()) out.assign(result, values[i] ?? "");
  }

  /** The values of an expression, which may call a function with several results. */
  #values(node: Node, scope: Scope, out: Writer): readonly string[] {
    if (node.nodeType === "TupleExpression" && list(node, "components").length > 1)
      return list(node, "components").map((one) => this.#expression(one, scope, out));
    return this.#isInlined(node) ? this.#inline(node, scope, out) : [this.#expression(node, scope, out)];
  }

  /** Writes a statement, and returns where to write what is done if its condition is false. */
  #if(node: Node, scope: Scope, out: Writer): Writer {
    const condition = this.#expression(required(node, "condition"), scope, out);
    const [then, otherwise] = this.#branch(condition, out);
    this.#statement(required(node, "trueBody"), scope, then);
    const falseBody = child(node, "falseBody");
    if (falseBody !== undefined) this.#statement(falseBody, scope, otherwise);
    return otherwise;
  }

  /** Where to write what is done if a condition is true, and if it is false. */
  #branch(condition: string, out: Writer): readonly [Writer, Writer] {
    const [then, otherwise] = [`if_${this.#number()}`, `else_${this.#number()}`];
    const known = folded(condition);
    const opposite = known === "true" || known === "false" ? folded(`!${known}`) : `!(${condition})`;
    return [out.under(then, known), out.under(otherwise, opposite)];
  }

  #local(node: Node, scope: Scope, out: Writer): void {
    const value = required(node, "initialValue");
    const declarations = Array.isArray(node["declarations"]) ? (node["declarations"] as (Node | null)[]) : [];
    const [first] = declarations;
    if (first != null && this.#pointerOf(first) !== undefined) {
      const place = this.#placeOf(value, scope);
      if (place === undefined) throw this.#unknown(node, "a pointer");
      scope.names.set(first.id, place.keys);
      return;
    }
    const values = this.#values(value, scope, out);
    for (const [i, declaration] of declarations.entries())
      if (declaration !== null) {
        const isResult =
          this.#isInlined(value) && out.typeOf(values[i] ?? "") === this.#variable(declaration).type;
        const fresh = isResult ? (values[i] ?? "") : this.#declare(declaration, out);
        scope.names.set(declaration.id, [fresh]);
        if (!isResult) out.assign(fresh, values[i] ?? "");
      }
  }

  /** An expression that is there for what it does: whole structs are written field by field. */
  #effect(node: Node, scope: Scope, out: Writer): void {
    if (isCallOf(node, ...CALLS_OUT)) return;
    if (this.#isInlined(node)) {
      this.#inline(node, scope, out);
      return;
    }
    if (node.nodeType === "UnaryOperation" && text(node, "operator") === "delete") {
      const fields = this.#fieldsAt(required(node, "subExpression"), scope);
      if (fields === undefined) throw this.#unknown(node, "a delete");
      for (const { name, empty } of fields) out.assign(name, empty);
      return;
    }
    if (node.nodeType !== "Assignment") throw this.#unknown(node, "a statement");
    const target = required(node, "leftHandSide");
    const value = required(node, "rightHandSide");
    // A parameter may stand for what the caller gave, and a pointer for its keys.
    const written = target.nodeType === "Identifier" ? this.#referred(target) : undefined;
    if (written !== undefined && !this.#isResult(written))
      throw this.#unknown(node, "a variable written again");
    if (
      target.nodeType === "MemberAccess" &&
      this.#placeOf(required(target, "expression"), scope) === undefined
    )
      throw this.#unknown(node, "a struct in memory written");
    const fields = this.#fieldsAt(target, scope);
    if (fields === undefined) {
      // The value first: what it calls may change the place.
      const place = this.#expression(target, scope, out);
      const operator = text(node, "operator").slice(0, -1);
      const isInverted = operator !== "" && text(value, "operator") === "~";
      const [result = ""] = this.#values(isInverted ? required(value, "subExpression") : value, scope, out);
      const bits = /^[&|^]$/.test(operator)
        ? masked(place, `${operator}${isInverted ? "~" : ""}`, result)
        : undefined;
      if (bits === undefined && !/^[-+]?$/.test(operator)) throw this.#unknown(node, "an operator");
      out.assign(place, bits ?? (operator === "" ? result : `${place} ${operator} (${result})`));
      return;
    }
    if (text(value, "kind") !== "structConstructorCall") throw this.#unknown(node, "a struct");
    const values = list(value, "arguments").map((one) => this.#expression(one, scope, out));
    for (const [i, { name }] of fields.entries()) out.assign(name, values[i] ?? "");
  }

  // -------------------------------------------------------------------------------------------------- expressions

  /** Whether an expression is a call whose body is to stand in its place. */
  #isInlined(node: Node): boolean {
    if (node.nodeType !== "FunctionCall" || text(node, "kind") !== "functionCall") return false;
    if (isCallOf(node, "isAuthorized", "_hashTypedDataV4", "encode", "keccak256")) return false;
    return this.#referred(required(node, "expression"))?.nodeType === "FunctionDefinition";
  }

  /** An expression's text; what it calls is written to `out` before, and changes nothing. */
  #expression(node: Node, scope: Scope, out: Writer): string {
    if (node.nodeType === "Identifier") return this.#named(node, scope);
    if (node.nodeType === "IndexAccess" || node.nodeType === "MemberAccess") {
      const base = required(node, node.nodeType === "IndexAccess" ? "baseExpression" : "expression");
      const place = this.#placeOf(base, scope);
      if (place !== undefined && node.nodeType === "MemberAccess")
        return fieldAt(place, text(node, "memberName"));
      if (place !== undefined) throw this.#unknown(node, "a struct");
    }
    if (node.nodeType === "Conditional") return this.#conditional(node, scope, out);
    if (["&&", "||"].includes(text(node, "operator"))) return this.#shortCut(node, scope, out);
    if (["&", "|", "^", "~", "<<", ">>"].includes(text(node, "operator")))
      return this.#bits(node, scope, out);
    if (isCallOf(node, "isAuthorized")) return this.#accepted(node, scope, out);
    // The domain is the same for all that a contract is asked.
    const [argument, ...more] = list(node, "arguments");
    if (isCallOf(node, "_hashTypedDataV4") && argument !== undefined && more.length === 0)
      return this.#expression(argument, scope, out);
    if (isCallOf(node, "encode"))
      return `abi.encode(${list(node, "arguments")
        .flatMap((one) => this.#words(one, scope, out))
        .join(", ")})`;
    if (this.#isInlined(node)) return this.#view(node, scope, out);
    return this.#spliced(node, (below) => this.#expression(below, scope, out));
  }

  #named(node: Node, scope: Scope): string {
    const names = scope.names.get(referenceOf(node) ?? -1);
    if (names !== undefined && names.length !== 1) throw this.#unknown(node, "a pointer");
    if (names !== undefined) return names[0] ?? "";
    const variable = this.#referred(node);
    const value = variable === undefined ? undefined : child(variable, "value");
    const isNumber =
      variable?.["constant"] === true && value !== undefined && text(value, "kind") === "number";
    return isNumber ? text(value, "value") : text(node, "name");
  }

  #bits(node: Node, scope: Scope, out: Writer): string {
    const left = this.#expression(required(node, "leftExpression"), scope, out);
    const right = required(node, "rightExpression");
    const isInverted = text(right, "operator") === "~";
    const mask = this.#expression(isInverted ? required(right, "subExpression") : right, scope, out);
    const written = masked(left, `${text(node, "operator")}${isInverted ? "~" : ""}`, mask);
    if (written === undefined) throw this.#unknown(node, "bits");
    return written;
  }

  #view(node: Node, scope: Scope, out: Writer): string {
    const called = this.#dispatched(this.#referred(required(node, "expression")) ?? node);
    const [result, ...more] = this.#inline(node, scope, out);
    if (
      !["view", "pure"].includes(text(called, "stateMutability")) ||
      result === undefined ||
      more.length > 0
    )
      throw this.#unknown(node, "a call in an expression, which may change what the rest of it reads");
    return result;
  }

  #conditional(node: Node, scope: Scope, out: Writer): string {
    const condition = this.#expression(required(node, "condition"), scope, out);
    const fresh = out.declare(typeOf(node), `either_${this.#number()}`);
    const [then, otherwise] = this.#branch(condition, out);
    then.assign(fresh, this.#expression(required(node, "trueExpression"), scope, then));
    otherwise.assign(fresh, this.#expression(required(node, "falseExpression"), scope, otherwise));
    return fresh;
  }

  #shortCut(node: Node, scope: Scope, out: Writer): string {
    const isEnough = text(node, "operator") === "||" ? "true" : "false";
    const left = folded(this.#expression(required(node, "leftExpression"), scope, out));
    if (left === isEnough) return left;
    if (left === "true" || left === "false")
      return this.#expression(required(node, "rightExpression"), scope, out);
    const fresh = out.declare("bool", `both_${this.#number()}`);
    out.assign(fresh, left);
    const then = out.under(`if_${this.#number()}`, isEnough === "true" ? `!${fresh}` : fresh);
    then.assign(fresh, this.#expression(required(node, "rightExpression"), scope, then));
    return fresh;
  }

  #accepted(node: Node, scope: Scope, out: Writer): string {
    const [account, digest, signature] = list(node, "arguments").map((one) =>
      this.#expression(one, scope, out),
    );
    return accepted(account ?? "", digest ?? "", signature ?? "");
  }

  /** An argument of `abi.encode` as the words that it is encoded in. */
  #words(node: Node, scope: Scope, out: Writer): readonly string[] {
    const value = this.#expression(node, scope, out);
    const type = typeOf(node);
    const struct = [...this.#declarations.values()].find(
      (one) => type === `struct ${text(one, "canonicalName")} calldata`,
    );
    const parts =
      struct === undefined
        ? [{ part: value, of: type }]
        : list(struct, "members").map((one) => ({ part: `${value}.${text(one, "name")}`, of: typeOf(one) }));
    return parts.map(({ part, of }) => {
      if (of === "address") return `uint256(uint160(${part}))`;
      if (/^(bytes32|uint\d+)$/.test(of)) return `uint256(${part})`;
      throw this.#unknown(node, `abi.encode of ${of}`);
    });
  }

  #raw(node: Node): string {
    return this.#spliced(node, (below) => this.#raw(below));
  }

  /** The node's own text, with what stands below it written anew. */
  #spliced(node: Node, written: (below: Node) => string): string {
    const file = this.#files[fileOf(node)];
    if (file === undefined) throw this.#unknown(node, "a file");
    const { start, end } = rangeOf(node);
    const own = (from: number, to: number): string => file.subarray(from, to).toString();
    const below = [...childrenOf(node)].toSorted((a, b) => rangeOf(a).start - rangeOf(b).start);
    if (below.length === 0) return own(start, end);
    let at = start;
    let all = "";
    for (const one of below) {
      const range = rangeOf(one);
      all += uncommented(own(at, range.start)) + written(one);
      at = range.end;
    }
    return all + uncommented(own(at, end));
  }

  /** The place in a table that an expression stands for, if it stands for one. */
  #placeOf(node: Node, scope: Scope): Place | undefined {
    if (node.nodeType === "Identifier") {
      const variable = this.#referred(node);
      if (variable?.nodeType !== "VariableDeclaration") return undefined;
      if (variable["stateVariable"] === true) {
        const table = this.#tables.find(({ name }) => name === text(variable, "name"));
        return table === undefined ? undefined : { table, keys: [] };
      }
      const pointer = this.#pointerOf(variable);
      return pointer === undefined ? undefined : { ...pointer, keys: scope.names.get(variable.id) ?? [] };
    }
    if (node.nodeType !== "IndexAccess") return undefined;
    const place = this.#placeOf(required(node, "baseExpression"), scope);
    if (place === undefined) return undefined;
    const index = required(node, "indexExpression");
    // Keys are read once for each field, and later.
    if (index.nodeType !== "Identifier" || this.#isResult(this.#referred(index) ?? index))
      throw this.#unknown(node, "a key");
    return { ...place, keys: [...place.keys, this.#named(index, scope)] };
  }

  /** The fields of a struct in a table, if that is what an expression stands for. */
  #fieldsAt(
    node: Node,
    scope: Scope,
  ): readonly { readonly name: string; readonly empty: string }[] | undefined {
    const place = this.#placeOf(node, scope);
    if (place === undefined) return undefined;
    if (place.keys.length !== place.table.keys.length) throw this.#unknown(node, "a mapping");
    return list(place.table.struct, "members").map((member) => ({
      name: fieldAt(place, text(member, "name")),
      empty: "0",
    }));
  }

  /** What is left out must do nothing but be told. */
  #requireNoEffect(nodes: readonly Node[]): void {
    for (const node of nodes)
      for (const inner of walk(node))
        if (this.#isInlined(inner)) throw this.#unknown(node, "a call in what is left out");
  }

  #unknown(node: Node, what: string): SyntaxError {
    const { start, end } = rangeOf(node);
    const source = this.#files[fileOf(node)]?.subarray(start, end).toString() ?? "";
    return new SyntaxError(`The model does not know ${what}: ${source}`);
  }
}

/** Whether a signature is accepted: nothing is known of it, but that it is the same each time. */
export const accepted = (account: string, digest: string, signature: string): string =>
  `accepted[${account}][${digest}][keccak256(${signature})]`;

/** What {@link accepted} looks up. */
export const ACCEPTED = "mapping(address => mapping(bytes32 => mapping(bytes32 => bool))) internal accepted;";

const fileOf = (node: Node): number => Number(node.src.split(":")[2]);

function numbers(node: Node, field: string): readonly number[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter((one): one is number => typeof one === "number") : [];
}

function required(node: Node, field: string): Node {
  const found = child(node, field);
  if (found === undefined) throw new TypeError(`A ${node.nodeType} has no ${field}`);
  return found;
}

const parametersOf = (node: Node, field: string): readonly Node[] =>
  list(required(node, field), "parameters");

/** Whether a node calls a function by one of these names. */
function isCallOf(node: Node, ...names: readonly string[]): boolean {
  const called = node.nodeType === "FunctionCall" ? child(node, "expression") : undefined;
  return called !== undefined && names.includes(text(called, "memberName") || text(called, "name"));
}

const hasReturn = (node: Node): boolean => [...walk(node)].some(({ nodeType }) => nodeType === "Return");

function endsInReturn(node: Node): boolean {
  if (node.nodeType !== "Block") return node.nodeType === "Return";
  const last = list(node, "statements").at(-1);
  return last !== undefined && endsInReturn(last);
}

const fieldAt = ({ table, keys }: Place, field: string): string =>
  `${table.name}_${field}${keys.map((key) => `[${key}]`).join("")}`;

const mappingTo = (value: string, keys: readonly string[]): string =>
  keys.reduceRight((inner, key) => `mapping(${key} => ${inner})`, value);

/** A mapping's type may have names for its keys. */
const withoutNames = (type: string): string => type.replace(/(\w) \w+(?= =>|\))/g, "$1").replace(/\s+/g, "");

const uncommented = (code: string): string =>
  code.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, "").replace(/\s+/g, " ");
