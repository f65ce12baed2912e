import type { ReactNode } from "react";

import { Button } from "../../../ui/button.tsx";
import { PlainText } from "../../../ui/plain-text.tsx";
import { similarScopes, suggestedBeside } from "../logic/scopes.ts";

interface NewScopeProps {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly busy: boolean;
  /** Saves with this scope. */
  readonly onUse: (name: string) => void;
  readonly onBack: () => void;
}

/** Asks whether a new scope is meant, and shows those that may have been. */
export function NewScope({ name, scopes, busy, onUse, onBack }: NewScopeProps): ReactNode {
  const similar = similarScopes(name, [...scopes, ...suggestedBeside(scopes)]);
  return (
    <>
      <p>
        There is no scope “<PlainText text={name} />” yet. Nobody is granted a new scope until you do so.
      </p>
      {similar.length > 0 && <p>Did you mean one of these?</p>}
      <div className="row">
        {similar.map((each) => (
          <Button key={each} busy={busy} onClick={() => onUse(each)}>
            Use “<PlainText text={each} />”
          </Button>
        ))}
      </div>
      <div className="row">
        <Button kind="primary" autoFocus busy={busy} onClick={() => onUse(name)}>
          Make the new scope
        </Button>
        <Button onClick={onBack}>Back</Button>
      </div>
    </>
  );
}
