import type { AgentContext, AgentHandler, AgentQuestion, AgentReply } from "../../client/agents.ts";
import { HandlerFailed, HandlerLate, InvalidReply } from "./faults.ts";
import { proposalsIn, scopesBy } from "./proposed.ts";

/**
 * Asks a handler, for so long and no longer.
 *
 * @param stop - aborts it earlier.
 * @throws {HandlerFailed} when it throws. {HandlerLate} when its time is over. {InvalidReply} when it returns anything else than a reply.
 */
export async function ask(
  handle: AgentHandler,
  question: AgentQuestion,
  context: Omit<AgentContext, "signal">,
  patience: number,
  stop: AbortSignal,
): Promise<AgentReply> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(patience)]);
  const late = new Promise<never>((_, reject) => {
    const end = (): void => reject(new HandlerLate(patience / 1_000));
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
  // Before the handler can change what it is given.
  const scopes = scopesBy(context.scopes);
  const asked = Promise.resolve()
    .then(() => handle(question, { ...context, signal }))
    .catch(() => {
      // What it threw may quote what it read, so it is let go of here.
      throw new HandlerFailed();
    });
  return checked(await Promise.race([asked, late]), scopes);
}

/** @throws {InvalidReply} when a value is no reply. */
function checked(value: unknown, scopes: ReadonlyMap<unknown, string>): AgentReply {
  if (typeof value !== "object" || value === null) throw new InvalidReply("no object");
  const { kind, text, proposals } = value as Readonly<Record<string, unknown>>;
  switch (kind) {
    case "decline":
      return { kind };
    case "proposal": {
      const proposed = proposalsIn(proposals, scopes);
      if (proposed.length === 0) throw new InvalidReply("a proposal of nothing");
      return { kind, proposals: proposed };
    }
    case "answer":
    case "public":
      if (typeof text !== "string" || /\p{Surrogate}/u.test(text)) throw new InvalidReply("text is no text");
      return { kind, text, proposals: proposals === undefined ? [] : proposalsIn(proposals, scopes) };
    default:
      throw new InvalidReply("kind is none of answer, public, proposal, decline");
  }
}
