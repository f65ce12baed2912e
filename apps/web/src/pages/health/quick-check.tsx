import { useState, type SyntheticEvent, type ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { WORDS_INPUT } from "../../ui/words-field.tsx";
import { placesText } from "./places-text.ts";

interface QuickCheckProps {
  readonly places: readonly number[];
  readonly onRight: (said: string) => void;
}

/** Asks for three of the words. */
export function QuickCheck({ places, onRight }: QuickCheckProps): ReactNode {
  const { vault } = useSession();
  const [typed, setTyped] = useState<readonly string[]>(places.map(() => ""));
  const [wrong, setWrong] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const check = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    try {
      const { answerWords } = await import("../../../../../client/words.ts");
      if (await answerWords(vault, places, typed))
        onRight("These three are right. Put the sheet back where it was.");
      else setWrong(true);
    } catch (thrown) {
      setFault(thrown);
    }
  };
  return (
    <form className="stack" onSubmit={(event) => void check(event)}>
      <p>Type {placesText(places)} of your 24.</p>
      <div className="health-words">
        {places.map((place, i) => (
          <Field key={place} label={`Word ${String(place)}`}>
            {(ids) => (
              <input
                {...ids}
                {...WORDS_INPUT}
                value={typed[i] ?? ""}
                onChange={({ target }) => {
                  setWrong(false);
                  setTyped(typed.map((word, at) => (at === i ? target.value : word)));
                }}
              />
            )}
          </Field>
        ))}
      </div>
      {wrong && (
        <p role="alert" className="badge badge-bad health-wrong">
          At least one of them is another word. Look at the sheet again; if it is the right sheet, check all
          24 words, which finds out whether they open this vault.
        </p>
      )}
      <FaultNotice fault={fault} />
      <div className="row">
        <Button type="submit" kind="primary" disabled={typed.some((word) => word.trim() === "")}>
          Check these three
        </Button>
      </div>
    </form>
  );
}
