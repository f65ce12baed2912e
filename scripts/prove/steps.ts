/** What a solver is asked: contracts of one function each, which calls a door between two looks at the state. */
import { ACCEPTED, type Call, type Door, type Model } from "./model.ts";
import { FIELDS, invariantOf, VIEWS, WITNESSES, type Property } from "./properties.ts";

/** The contract in which a property is asked of a door. */
export interface Step {
  readonly door: string;
  readonly contract: string;
  readonly text: string;
}

/** Where a step says from which states it starts. */
const PLACE = "// from here";

/** The door that a new contract comes through. */
export const CONSTRUCTION = "construction";

export function stepsOf(model: Model, property: Property): readonly Step[] {
  const steps = model.doors.flatMap((door) => {
    const claim = property.claim(door);
    return claim === undefined ? [] : [stepOf(model, door, claim)];
  });
  return property.name === "invariant" ? [construction(), ...steps] : steps;
}

/** The same step, from fewer states: what fails from them fails, and is found sooner. */
export function narrowed(step: Step): Step {
  const where = WITNESSES[step.door];
  return where === undefined ? step : { ...step, text: step.text.replace(PLACE, `require(${where});`) };
}

/** A file with a step, and with what it names. */
export function textOf(model: Model, { text }: Step): string {
  const state = [model.membersIn(text), ...(text.includes("accepted[") ? [ACCEPTED] : [])].join("\n");
  return [
    "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.28;",
    model.structs,
    `contract State {\n${state}\n}`,
    text,
    "",
  ].join("\n");
}

function stepOf(model: Model, door: Door, claim: string): Step {
  const contract = `Step_${door.name}`;
  const parameters = [
    ...["uint256 id", "address who", "uint256 time"],
    ...door.parameters.map(({ type, name }) => `${type} ${name}`),
  ];
  const text = `contract ${contract} is State {
function step(${parameters.join(", ")}) external {
require(msg.sender != address(0));
require(${invariantOf("id", "who")});
require(!_operatorApprovals[address(0)][msg.sender]);
${PLACE}
${lookAt(model, "pre", claim)}
${door.body}
${lookAt(model, "post", claim)}
assert(${claim.replace(FIELD, "$1_$2")});
}
}`;
  return { door: door.name, contract, text };
}

const construction = (): Step => ({
  door: CONSTRUCTION,
  contract: "Step_construction",
  text: `contract Step_construction is State {
constructor(uint256 id, address who) { assert(${invariantOf("id", "who")}); }
}`,
});

const FIELD = /\b(pre|post)\.(\w+)/g;

/** Variables for what a claim asks of the state at one time. */
function lookAt(model: Model, when: "pre" | "post", claim: string): string {
  const asked = new Set(
    [...claim.matchAll(FIELD)].filter(([, time]) => time === when).map(([, , field]) => field ?? ""),
  );
  const called = new Map<string, Call>();
  const lines: string[] = [];
  for (const field of asked) {
    const stored = FIELDS[field];
    const view = VIEWS[field];
    if (stored !== undefined) lines.push(`${stored[0]} ${when}_${field} = ${stored[1]};`);
    else if (view === undefined) throw new ReferenceError(`A claim asks for ${field}`);
    else {
      const call = called.get(view[0]) ?? model.call(`${when}_${view[0]}_`, view[0], view[1]);
      if (!called.has(view[0])) lines.push(call.body);
      called.set(view[0], call);
      const result = call.results[view[2]];
      if (result === undefined) throw new ReferenceError(`${view[0]} has no result ${view[2]}`);
      lines.push(`${result.type} ${when}_${field} = ${result.name};`);
    }
  }
  return lines.join("\n");
}
