import type { ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { dayIn, MOST_DAYS, PRESET_DAYS } from "./terms.ts";

interface DayChoiceProps {
  readonly day: string;
  readonly choose: (day: string) => void;
  readonly fault: string | null;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Until when: the last day, or a button for one. */
export const DayChoice = ({ day, choose, fault, now }: DayChoiceProps): ReactNode => (
  <div className="stack">
    <Field label="Until the end of" fault={fault}>
      {(ids) => (
        <input
          {...ids}
          type="date"
          value={day}
          min={dayIn(0, now)}
          max={dayIn(MOST_DAYS - 1, now)}
          onChange={({ target }) => choose(target.value)}
        />
      )}
    </Field>
    <div className="row" role="group" aria-label="Common times">
      {PRESET_DAYS.map((days) => (
        <Button key={days} onClick={() => choose(dayIn(days, now))}>
          {days} days
        </Button>
      ))}
    </div>
  </div>
);
