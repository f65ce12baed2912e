import type { ReactNode } from "react";

import { countText } from "../../../ui/texts.ts";
import type { Month } from "../logic/months.ts";

/** A month's name above its memories; each of these says its own date, so this is for the eye. */
export const MonthRow = ({ month }: { readonly month: Month }): ReactNode => (
  <div className="month-row" aria-hidden="true">
    <strong>{month.label}</strong>
    <span className="quiet">{countText(month.memories.length, "memory", "memories")}</span>
  </div>
);
