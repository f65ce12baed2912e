import type { ReactNode } from "react";

import { shortText } from "../../ui/texts.ts";

/** An address, a hash or a digest: short where there is little room, whole for who points at it, copies it or hears it. */
export const Address = ({ of }: { readonly of: string }): ReactNode => (
  <code className="mono" title={of}>
    <span aria-hidden="true">{shortText(of)}</span>
    <span className="hidden-visually">{of}</span>
  </code>
);
