import { useState, type ReactNode } from "react";

import { NewWords } from "./new-words.tsx";
import { LabelField } from "./recover-form.tsx";

interface CreateFormProps {
  readonly onDone: (begun: { readonly seed: Uint8Array; readonly label: string }) => void;
  readonly onBack: () => void;
}

/** A new vault: its words, and a name for it. */
export function CreateForm({ onDone, onBack }: CreateFormProps): ReactNode {
  const [label, setLabel] = useState("");
  return (
    <NewWords title="Your 24 words" onDone={(seed) => onDone({ seed, label: label.trim() })} onBack={onBack}>
      <p>They are your vault: with them and your wallet&apos;s address you get it back on any device.</p>
      <LabelField value={label} onChange={setLabel} />
    </NewWords>
  );
}
