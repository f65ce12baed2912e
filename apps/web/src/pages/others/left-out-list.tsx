import type { ReactNode } from "react";

import { countText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import { LongList } from "./long-list.tsx";
import type { LeftOut } from "./outsider/seen.ts";

interface LeftOutProps {
  readonly leftOut: readonly LeftOut[];
  /** What events of a name are called; by their name where nothing is said. */
  readonly kinds: Readonly<Record<string, readonly [string]>>;
}

/** How many events are not shown, and by whom; nothing where all are. */
export function LeftOutList({ leftOut, kinds }: LeftOutProps): ReactNode {
  if (leftOut.length === 0) return null;
  return (
    <>
      <h3>Left out</h3>
      <LongList>
        {leftOut.map(({ by, name, count }) => (
          <li key={`${by ?? "others"} ${name}`}>
            {countText(count, `more ${kinds[name]?.[0] ?? `event ${name}`}`, manyOf(kinds, name))}
            {by === null ? (
              " by others"
            ) : by === "" ? (
              ", older"
            ) : (
              <>
                {" "}
                by <Address of={by} />
              </>
            )}
            .
          </li>
        ))}
      </LongList>
    </>
  );
}

const manyOf = (kinds: LeftOutProps["kinds"], name: string): string =>
  kinds[name] === undefined ? `more events ${name}` : `more ${kinds[name][0]}s`;
