import { Children, useState, type ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { numberText } from "../../ui/texts.ts";

/** More than these come when they are asked for. */
const PAGE = 50;

/** A list of which no more is drawn than somebody reads. */
export function LongList({ children }: { readonly children: ReactNode }): ReactNode {
  const [shown, setShown] = useState(PAGE);
  const items = Children.toArray(children);
  const left = items.length - shown;
  return (
    <>
      <ul className="others-list">{items.slice(0, shown)}</ul>
      {left > 0 && (
        <Button onClick={() => setShown(shown + PAGE)}>
          Show {Math.min(left, PAGE)} more of {numberText(left)}
        </Button>
      )}
    </>
  );
}
