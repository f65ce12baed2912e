import { useState, type ReactNode } from "react";

import { home } from "../../device/this-browser.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { WORDS_INPUT } from "../../ui/words-field.tsx";
import { drawPlaces, wrongPlaces } from "./word-check.ts";

interface WordQuizProps {
  readonly words: readonly string[];
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** Asks for three of the words, so that what is on paper is what was shown. */
export function WordQuiz({ words, onDone, onBack }: WordQuizProps): ReactNode {
  const [places] = useState(() => drawPlaces(home.random));
  const [typed, setTyped] = useState(() => places.map(() => ""));
  const [wrong, setWrong] = useState<readonly number[]>([]);
  const check = (): void => {
    const found = wrongPlaces(words, places, typed);
    setWrong(found);
    if (found.length > 0) return;
    setTyped(places.map(() => ""));
    onDone();
  };
  return (
    <Page title="Three of your words">
      <p>Type them from your paper. This finds a slip of the pen while it can still be mended.</p>
      <form
        className="stack card"
        onSubmit={(event) => {
          event.preventDefault();
          check();
        }}
      >
        {places.map((place, i) => (
          <Field
            key={place}
            label={`Word ${place + 1}`}
            fault={wrong.includes(place) ? `Word ${place + 1} is another one. Look at your paper.` : null}
          >
            {(ids) => (
              <input
                {...ids}
                {...WORDS_INPUT}
                value={typed[i]}
                onChange={({ target }) =>
                  setTyped((before) => before.map((word, at) => (at === i ? target.value : word)))
                }
              />
            )}
          </Field>
        ))}
        <div className="row">
          <Button kind="primary" type="submit">
            Go on
          </Button>
          <Button onClick={onBack}>Show the words again</Button>
        </div>
      </form>
    </Page>
  );
}
