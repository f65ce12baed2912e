import type { ReactNode } from "react";

import { Field } from "../../../ui/field.tsx";
import type { Draft } from "../logic/draft.ts";

interface DraftFieldsProps {
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
  /** What is wrong with the text. */
  readonly fault: string | null;
}

/** What can be said of a memory, new or known. */
export function DraftFields({ draft, onDraft, fault }: DraftFieldsProps): ReactNode {
  const set = (changed: Partial<Draft>): void => onDraft({ ...draft, ...changed });
  return (
    <>
      <Field label="Text" fault={fault}>
        {(ids) => (
          <textarea
            {...ids}
            dir="auto"
            rows={5}
            value={draft.text}
            onChange={({ target }) => set({ text: target.value })}
          />
        )}
      </Field>
      <fieldset className="type-choice">
        <legend>Type</legend>
        <label className="choice">
          <input
            type="radio"
            checked={draft.type === "semantic"}
            onChange={() => set({ type: "semantic" })}
          />
          A fact that holds
        </label>
        <label className="choice">
          <input
            type="radio"
            checked={draft.type === "episodic"}
            onChange={() => set({ type: "episodic" })}
          />
          Something that happened
        </label>
      </fieldset>
      <Field label={`Importance: ${draft.importance} of 100`}>
        {(ids) => (
          <input
            {...ids}
            type="range"
            min={0}
            max={100}
            value={draft.importance}
            onChange={({ target }) => set({ importance: Number(target.value) })}
          />
        )}
      </Field>
      <Field label="Tags" hint="With commas between.">
        {(ids) => (
          <input
            {...ids}
            dir="auto"
            value={draft.tags}
            onChange={({ target }) => set({ tags: target.value })}
          />
        )}
      </Field>
      <Field label="Valid until" hint="The last day on which it holds. Empty: it has no end.">
        {(ids) => (
          <input
            {...ids}
            type="date"
            value={draft.until}
            onChange={({ target }) => set({ until: target.value })}
          />
        )}
      </Field>
    </>
  );
}
