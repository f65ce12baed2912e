// @ts-check
/**
 * A research assistant: asked on chain by the owner of a vault, it answers with what the granted scopes have on the subject, and
 * where that stands. It is deterministic and local, unless RESEARCH_MODEL_URL names a model: see README.md.
 *
 * @import { AgentHandler, ScopeView } from "memory-vault/agents"
 */
import { createIndex, search } from "memory-vault/recall";

import { askModel, modelIn } from "./model.mjs";

/** How many memories an answer rests on, and how much of each it shows. */
const MOST = 5;
const SHOWN = 300;

/**
 * Makes the handler.
 *
 * @param {Record<string, string | undefined>} environment - whether a model is asked, and which.
 * @returns {AgentHandler}
 */
export function researcher(environment) {
  const model = modelIn(environment);
  if (model !== null)
    // The runner's log is JSON, one object a line.
    console.error(
      JSON.stringify({
        ...{ level: "warn", event: "model", url: model.url },
        note: "whoever runs it sees the question and the memories that fit best, for each answer",
      }),
    );
  return async ({ text }, { scopes, sequence, signal }) => {
    const question = line(text ?? "", SHOWN);
    if (question === "") return { kind: "decline" };
    const found = ranked(question, scopes);
    const proposals = proposed(question, found, scopes);
    if (found.length === 0)
      return { kind: "answer", text: `Nothing in the granted scopes (head ${sequence}) fits.`, proposals };
    const said = model === null ? [] : [await askModel(model, question, found.map(cited), signal), ""];
    const sources = `Of the granted scopes, at head ${sequence}, these fit best:`;
    return { kind: "answer", text: [...said, sources, ...found.map(cited)].join("\n"), proposals };
  };
}

/** What `memvault agent run` calls for each request. */
export const handle = researcher(process.env);

/**
 * The memories that fit a question best, by their words.
 *
 * @param {string} question
 * @param {readonly ScopeView[]} scopes
 */
function ranked(question, scopes) {
  const memories = scopes.flatMap(({ id, name, memories: all }) =>
    all.map((memory) => ({ ...memory, scope: name, scopeId: id })),
  );
  return search(createIndex(memories), question, { limit: MOST }).map(({ memory }) => memory);
}

/** A memory as a source: when, where, what, and by which id the owner finds it. */
const cited = (/** @type {ReturnType<typeof ranked>[number]} */ { createdAt, scope, text, id }) =>
  `- ${day(createdAt)}, ${line(scope, 64)}: "${line(text, SHOWN)}" [${id}]`;

/**
 * That it was asked is worth remembering, if the owner thinks so: it goes to the inbox of who may propose.
 *
 * @param {string} question
 * @param {ReturnType<typeof ranked>} found
 * @param {readonly ScopeView[]} scopes
 */
function proposed(question, [best], [first]) {
  const scope = best?.scopeId ?? first?.id;
  if (scope === undefined) return [];
  return [{ scope, type: /** @type {const} */ ("episodic"), text: `Asked the research assistant: ${question}`, tags: ["asked"] }];
}

/** Somebody's text as one line of data: nothing in it breaks out of the quotes or obeys a terminal. */
const line = (/** @type {string} */ text, /** @type {number} */ most) => {
  const plain = [...text.replace(/[\p{C}\p{Z}]+/gu, " ").replaceAll('"', "'").trim()];
  return plain.length <= most ? plain.join("") : `${plain.slice(0, most - 1).join("")}…`;
};

/** A day, UTC; a time that a calendar does not reach is no reason to fail. */
const day = (/** @type {number} */ time) =>
  Number.isNaN(new Date(time).getTime()) ? "undated" : new Date(time).toISOString().replace(/T.*$/, "");
