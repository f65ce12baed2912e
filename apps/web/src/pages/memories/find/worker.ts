import { createFinder, type Delta, type Found } from "./finder.ts";
import { queryOf } from "./words.ts";

/** What the page asks of the worker. */
export type Asked =
  | { readonly kind: "change"; readonly delta: Delta }
  | { readonly kind: "find"; readonly turn: number; readonly text: string; readonly now: number };

/** What the worker answers to `find`. */
export interface Answer extends Found {
  readonly turn: number;
}

// Beside the page: typing and scrolling never wait for the index.
const finder = createFinder();

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  if (data.kind === "change") finder.change(data.delta);
  else postMessage({ turn: data.turn, ...finder.find(queryOf(data.text), data.now) } satisfies Answer);
});
