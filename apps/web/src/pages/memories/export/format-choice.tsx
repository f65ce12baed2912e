import { useId, type ReactNode } from "react";

import type { Format } from "./render.ts";

const FORMATS: readonly (readonly [Format, string, string])[] = [
  [
    "pam",
    "Portable AI Memory",
    "One JSON file with everything of each memory, for other tools and for coming back.",
  ],
  ["jsonl", "JSON lines", "One memory a line, for scripts and for coming back."],
  ["markdown", "Markdown", "Texts and scopes alone, to be read by people or pasted into a tool."],
];

interface FormatChoiceProps {
  readonly format: Format;
  readonly onChange: (format: Format) => void;
}

/** What the file is written in. */
export function FormatChoice({ format, onChange }: FormatChoiceProps): ReactNode {
  const name = useId();
  return (
    <fieldset className="export-choices">
      <legend>Format</legend>
      {FORMATS.map(([value, label, about]) => (
        <label key={value} className="choice">
          <input type="radio" name={name} checked={format === value} onChange={() => onChange(value)} />
          <span>
            {label}
            <span className="quiet export-about">{about}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
