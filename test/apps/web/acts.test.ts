import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import ts from "typescript";

import type { Vault, VaultOperation } from "../../../client/index.ts";
import { acceptedAct } from "../../../apps/web/src/pages/access/inbox-facts.ts";
import { changeAct, endedAct, grantAct, revokeAct } from "../../../apps/web/src/pages/access/sentences.ts";
import {
  giveUpRenewal,
  keepNewWords,
  RenewalGone,
  RenewalWaits,
} from "../../../apps/web/src/pages/health/renewal.ts";
import { removeAct } from "../../../apps/web/src/pages/health/rekey-acts.ts";
import { carriedText, commitAct } from "../../../apps/web/src/session/waiting.ts";
import { thrown } from "../../helpers/thrown.ts";

const SOURCE = fileURLToPath(new URL("../../../apps/web/src", import.meta.url));

/** What the client sends transactions from; and what the pages wrap it in. */
const SENDERS = [
  ...["sync", "grant", "change", "revokeAll", "rekey", "resumeRekey", "addDevice", "acceptRequest"],
  ...["mintVault", "repair"],
];

/** What sends nothing, and waits for its turn all the same: it must not run beside what sends. */
const IN_TURN = ["giveUpRenewal"];

/** A call that runs an act. */
interface RunCall {
  readonly place: string;
  /** Whether it says what it is for. */
  readonly says: boolean;
  /** What its work comes to, by name, through whatever the pages wrap it in. */
  readonly names: ReadonlySet<string>;
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(file);
    return /\.tsx?$/.test(entry.name) ? [file] : [];
  });

const parsed = filesIn(SOURCE).map((file) =>
  ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX),
);

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/** Names that are called or handed on in a piece of code. */
function namesIn(node: ts.Node): Set<string> {
  const names = new Set<string>();
  walk(node, (each) => {
    if (ts.isCallExpression(each) && ts.isIdentifier(each.expression)) names.add(each.expression.text);
    if (ts.isIdentifier(each) && ts.isCallExpression(each.parent)) names.add(each.text);
    // `const { change: changeGrant } = …`
    if (ts.isBindingElement(each) && each.propertyName !== undefined && ts.isIdentifier(each.propertyName))
      names.add(each.propertyName.text);
  });
  return names;
}

/** The function that a declaration makes; `null` where it makes none. */
function bodyOf(node: ts.Node): ts.Node | null {
  if (ts.isFunctionDeclaration(node)) return node;
  if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return null;
  return ts.isArrowFunction(node.initializer) ? node.initializer : null;
}

const isTop = (node: ts.Node): boolean =>
  ts.isSourceFile(node.parent) ||
  (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent));

/** What each function calls, by its name: those of one file, and those that other files may call. */
const local = new Map<ts.SourceFile, Map<string, Set<string>>>();
const shared = new Map<string, Set<string>>();
for (const file of parsed) {
  const own = new Map<string, Set<string>>();
  local.set(file, own);
  walk(file, (node) => {
    const body = bodyOf(node);
    if (body === null) return;
    const name = (node as ts.FunctionDeclaration | ts.VariableDeclaration).name?.getText() ?? "";
    own.set(name, new Set([...(own.get(name) ?? []), ...namesIn(body)]));
    if (isTop(node)) shared.set(name, own.get(name)!);
  });
}

/** All that a piece of code comes to. */
function reached(node: ts.Node): ReadonlySet<string> {
  const own = local.get(node.getSourceFile());
  const names = namesIn(node);
  for (const name of names) for (const next of own?.get(name) ?? shared.get(name) ?? []) names.add(next);
  return names;
}

const isRun = ({ expression }: ts.CallExpression): boolean =>
  ts.isIdentifier(expression)
    ? expression.text === "run"
    : ts.isPropertyAccessExpression(expression) &&
      expression.name.text === "run" &&
      expression.expression.getText() === "act";

const runs: RunCall[] = [];
for (const file of parsed) {
  if (!/\buseAct\b/.test(file.text) || file.fileName.endsWith("session/act.tsx")) continue;
  walk(file, (node) => {
    // Where the work is handed in, those who hand it in are looked at.
    if (!ts.isCallExpression(node) || !isRun(node)) return;
    const [, what, work] = node.arguments;
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    runs.push({
      place: `${path.relative(SOURCE, file.fileName)}:${line + 1}`,
      says: what?.kind !== ts.SyntaxKind.NullKeyword,
      names: work === undefined ? new Set() : reached(work),
    });
  });
}

const sends = ({ names }: RunCall): boolean => [...SENDERS, ...IN_TURN].some((name) => names.has(name));

describe("the acts of the web app", () => {
  it("are found, with all that sends transactions among them", () => {
    expect(runs.length).to.be.greaterThan(30);
    expect(runs.filter(({ says }) => says).length).to.be.greaterThan(10);
    const all = new Set(
      [...local.values()].flatMap((own) => [...own.values()].flatMap((names) => [...names])),
    );
    expect([...SENDERS, ...IN_TURN].filter((name) => !all.has(name))).to.deep.equal([]);
  });

  it("say what they are for before anything is paid, each that sends", () => {
    expect(runs.filter((run) => sends(run) && !run.says).map(({ place }) => place)).to.deep.equal([]);
    expect(runs.filter((run) => run.says && !sends(run)).map(({ place }) => place)).to.deep.equal([]);
  });

  it("send nothing from anywhere else but the mint, which says it as well", () => {
    const mint = parsed.find(({ fileName }) => fileName.endsWith("start/plan.ts"))!;
    expect(mint.text).to.match(/transactions\.during\(MINT_ACT, \(\) => mintUnfinished\(/);
    const callers = parsed.filter(({ text }) => /\bmintUnfinished\b/.test(text));
    expect(callers.map(({ fileName }) => path.basename(fileName))).to.deep.equal(["plan.ts"]);
    const senders = parsed.filter((file) =>
      file.statements.some(
        (each) =>
          ts.isImportDeclaration(each) &&
          each.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword &&
          new RegExp(`[{ ,](${SENDERS.join("|")})[ ,}\n]`).test(each.importClause?.getText() ?? "") &&
          each.moduleSpecifier.getText().includes("client/"),
      ),
    );
    const silent = senders.filter(({ text }) => !/\buseAct\b/.test(text));
    expect(silent.map(({ fileName }) => path.basename(fileName)).sort()).to.deep.equal([
      "plan.ts",
      "renewal.ts",
    ]);
  });
});

/** What is looked at of an operation: its kind, and whom it admits. */
const kinds = (...all: readonly object[]): VaultOperation[] => all as unknown as VaultOperation[];

describe("an act's sentence", () => {
  const noon = 1_798_000_000;
  const plan = {
    ...{ name: "Ann", counts: new Map<string, number>() },
    before: { scopes: ["health"], expiresAt: noon },
    after: { scopes: ["health", "travel"], expiresAt: noon },
  };

  it("counts what a commit carries, and says what it carries else", () => {
    expect(commitAct(kinds({ kind: "create" }, { kind: "renew" }))).to.equal("Commits 1 change.");
    expect(commitAct(kinds({ kind: "admit", class: "owner" }))).to.match(/^Lets this browser in/);
    expect(commitAct(kinds({ kind: "admit", class: "owner" }, { kind: "forget" }))).to.equal(
      "Commits 1 change. Lets this browser in as a device of yours.",
    );
    expect(commitAct(kinds({ kind: "renew" }))).to.match(/no memory\.$/);
    const accepted = { kind: "create", metadata: { proposal: "1" } };
    expect(acceptedAct(kinds(accepted, accepted, { kind: "create" }))).to.equal(
      "Commits 3 changes, 2 accepted memories among them.",
    );
    // Another tab committed those meanwhile.
    expect(acceptedAct(kinds({ kind: "create" }))).to.equal("Commits 1 change.");
  });

  it("says what else its commit carries, and nothing twice", () => {
    const waiting = kinds({ kind: "create" }, { kind: "forget" }, { kind: "admit", class: "owner" });
    expect(carriedText("Grants Ann health.", waiting)).to.equal(
      "Carries what waits as well: 2 changes. Lets this browser in as a device of yours.",
    );
    expect(carriedText(commitAct(waiting), waiting)).to.equal(null);
    expect(carriedText(commitAct(waiting.slice(2)), waiting.slice(2))).to.equal(null);
    const accepted = kinds({ kind: "create", metadata: { proposal: "1" } });
    expect(carriedText(acceptedAct([...accepted, ...waiting]), waiting)).to.match(/^Lets this browser in/);
    expect(carriedText("Grants Ann health.", kinds({ kind: "renew" }))).to.equal(null);
  });

  it("names who may read what, and what stays as it is", () => {
    expect(grantAct({ name: "", scopes: ["health"], expiresAt: noon })).to.match(
      /^Grants a reader health until /,
    );
    expect(revokeAct(["Ann", "Ben"])).to.equal("Revokes 2 grants: Ann and Ben.");
    expect(changeAct(plan, { scopes: ["health", "travel"] })).to.match(
      /^Changes the grant of Ann: health and travel until .*2026\.$/,
    );
    expect(changeAct(plan, { propose: false })).to.match(/, and it may not propose memories\.$/);
    expect(changeAct(plan, { propose: true })).to.match(/, and it may propose memories\.$/);
    expect(changeAct(plan, {})).to.equal(
      "Makes a new welcome for Ann. What it reads, and until when, stays.",
    );
    expect(changeAct(plan, { label: "A." })).to.match(/^Writes your own words for it anew, and makes a new/);
    expect(endedAct(1)).to.match(/1 reader whose grant ended opens nothing/);
    expect(endedAct(2)).to.match(/2 readers whose grant ended open nothing/);
    expect(removeAct(" Phone ", false)).to.match(/^Removes the device Phone, and changes every key\./);
    expect(removeAct("the 24 words", true)).to.match(/no words recover the vault/);
  });
});

describe("new words that a person wrote down", () => {
  it("are kept before anything waits or is paid; the same again, and no others", async () => {
    type World = Parameters<typeof keepNewWords>[0];
    type Renewal = Parameters<typeof keepNewWords>[1];
    let kept: Renewal | null = null;
    const world: World = {
      device: {
        renewal: () => Promise.resolve(kept),
        keepRenewal: (_, renewal) => Promise.resolve(void (kept = renewal)),
        keepWay: () => Promise.resolve(),
      },
      vault: { ref: {} } as Vault,
    };
    const renewal = (byte: number): Renewal => ({ seed: new Uint8Array(32).fill(byte), unlocks: false });
    await keepNewWords(world, renewal(1));
    await keepNewWords(world, renewal(1));
    expect(await thrown(keepNewWords(world, renewal(2)))).to.be.instanceOf(RenewalWaits);
    expect(kept).to.deep.equal(renewal(1));
    kept = null;
    expect(await thrown(giveUpRenewal(world)), "another tab put them in force").to.be.instanceOf(RenewalGone);
  });
});
