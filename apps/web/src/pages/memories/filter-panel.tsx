import type { ReactNode } from "react";

import { Field } from "../../ui/field.tsx";
import { pieces } from "../../ui/pieces.ts";
import { PlainText } from "../../ui/plain-text.tsx";
import { numberText } from "../../ui/texts.ts";
import { NO_FILTERS, NO_TOOL, countOf, type Choice, type Choices, type Filters } from "./logic/filters.ts";

interface FilterPanelProps {
  readonly filters: Filters;
  readonly choices: Choices;
  readonly onChange: (filters: Filters) => void;
}

/** What narrows the memories down: all of it together. */
export function FilterPanel({ filters, choices, onChange }: FilterPanelProps): ReactNode {
  const set = (changed: Partial<Filters>): void => onChange({ ...filters, ...changed });
  return (
    <div className="filter-panel">
      <fieldset className="filter-group">
        <legend>Scope</legend>
        <Toggle on={filters.scope === null} count={choices.anyScope} onPress={() => set({ scope: null })}>
          All scopes
        </Toggle>
        {choices.scopes.map(({ value, count }) => (
          <Toggle
            key={value}
            on={filters.scope === value}
            count={count}
            onPress={() => set({ scope: filters.scope === value ? null : value })}
          >
            <PlainText text={value} />
          </Toggle>
        ))}
      </fieldset>
      <fieldset className="filter-group">
        <legend>Type</legend>
        <Toggle on={filters.type === null} count={choices.anyType} onPress={() => set({ type: null })}>
          Both
        </Toggle>
        <Toggle
          on={filters.type === "semantic"}
          count={choices.types.semantic}
          onPress={() => set({ type: filters.type === "semantic" ? null : "semantic" })}
        >
          Facts
        </Toggle>
        <Toggle
          on={filters.type === "episodic"}
          count={choices.types.episodic}
          onPress={() => set({ type: filters.type === "episodic" ? null : "episodic" })}
        >
          Events
        </Toggle>
      </fieldset>
      {choices.conflict + choices.waiting > 0 || filters.state !== null ? (
        <fieldset className="filter-group">
          <legend>To look at</legend>
          <Toggle
            on={filters.state === "conflict"}
            count={choices.conflict}
            onPress={() => set({ state: filters.state === "conflict" ? null : "conflict" })}
          >
            In conflict
          </Toggle>
          <Toggle
            on={filters.state === "waiting"}
            count={choices.waiting}
            onPress={() => set({ state: filters.state === "waiting" ? null : "waiting" })}
          >
            Waiting
          </Toggle>
        </fieldset>
      ) : null}
      <Select
        label="Tag"
        any="Any tag"
        value={filters.tag}
        choices={choices.tags}
        onPick={(tag) => set({ tag })}
      />
      <Select
        label="Came from"
        any="Any tool"
        value={filters.tool}
        choices={choices.tools}
        onPick={(tool) => set({ tool })}
      />
      {countOf(filters) > 0 && (
        <button type="button" className="button button-plain" onClick={() => onChange(NO_FILTERS)}>
          Clear filters
        </button>
      )}
    </div>
  );
}

/** One choice that is on or off. */
const Toggle = (props: {
  readonly on: boolean;
  readonly count: number;
  readonly onPress: () => void;
  readonly children: ReactNode;
}): ReactNode => (
  <button type="button" className="filter-toggle" aria-pressed={props.on} onClick={props.onPress}>
    <span>{props.children}</span>
    <span className="filter-count">{numberText(props.count)}</span>
  </button>
);

/** More than this nobody looks through. */
const MOST_CHOICES = 500;

/** An option holds text only: what is not seen stands there by its code. */
const optionText = (text: string): string =>
  pieces(text)
    .map((piece) => piece.code ?? piece.text)
    .join("");

const Select = (props: {
  readonly label: string;
  readonly any: string;
  readonly value: string | null;
  readonly choices: readonly Choice[];
  readonly onPick: (value: string | null) => void;
}): ReactNode => (
  <Field label={props.label}>
    {(ids) => (
      <select
        {...ids}
        // One letter before each value: an empty one stands for no tool, and not for any.
        value={props.value === null ? "" : `=${props.value}`}
        onChange={({ target }) => props.onPick(target.value === "" ? null : target.value.slice(1))}
      >
        <option value="">{props.any}</option>
        {props.choices.slice(0, MOST_CHOICES).map(({ value, count }) => (
          <option key={value} value={`=${value}`}>
            {value === NO_TOOL ? "No tool named" : optionText(value)} ({numberText(count)})
          </option>
        ))}
      </select>
    )}
  </Field>
);
