import type { ReactNode } from "react";

import { pieces, stretches, type Stretch } from "./pieces.ts";
import "./plain-text.css";

interface PlainTextProps {
  /** Somebody else's. */
  readonly text: string;
  /** What stands out in it, in order. */
  readonly marks?: readonly Stretch[];
  /** Whether its line breaks are kept. */
  readonly lines?: boolean;
}

const NONE: readonly Stretch[] = [];

/**
 * Somebody else's text: it cannot turn the direction of what stands around it, and what nobody would see in it is shown by its code.
 */
export function PlainText({ text, marks = NONE, lines = false }: PlainTextProps): ReactNode {
  return (
    <bdi className={lines ? "plain-lines" : undefined}>
      {stretches(text, marks).map((each, i) =>
        each.marked ? (
          <mark key={i}>
            <Shown text={each.text} />
          </mark>
        ) : (
          <Shown key={i} text={each.text} />
        ),
      )}
    </bdi>
  );
}

const Shown = ({ text }: { readonly text: string }): ReactNode =>
  pieces(text).map((piece, i) =>
    piece.code === null ? (
      piece.text
    ) : (
      <span key={i} className="plain-code" title="A character that is not seen, or turns text round">
        {piece.code}
      </span>
    ),
  );
