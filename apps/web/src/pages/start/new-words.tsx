import { useEffect, useState, type ReactNode } from "react";

import { home } from "../../device/this-browser.ts";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { WordQuiz } from "./word-quiz.tsx";

interface NewWordsProps {
  readonly title: string;
  /** What they are for. */
  readonly children: ReactNode;
  readonly onDone: (seed: Uint8Array) => void;
  readonly onBack: () => void;
}

/** Draws 24 words, shows them once, and asks three of them back. */
export function NewWords({ title, children, onDone, onBack }: NewWordsProps): ReactNode {
  const [seed] = useState(() => home.random(32));
  const [words, setWords] = useState<readonly string[] | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    // The list of 2,048 words is fetched when it is needed.
    import("../../../../../client/words.ts").then(
      ({ seedToWords }) => setWords(seedToWords(seed).split(" ")),
      setFault,
    );
  }, [seed]);
  if (asking && words !== null)
    return (
      <WordQuiz
        words={words}
        onDone={() => {
          setWords(null);
          onDone(seed);
        }}
        onBack={() => setAsking(false)}
      />
    );
  return (
    <Page title={title}>
      {children}
      <Notice tone="warn">
        <strong>Write them on paper, in this order.</strong>
        <p>
          They are shown in this step only. Whoever has them opens the vault; nobody can bring them back. If
          you reload, new words are drawn: begin a new sheet.
        </p>
      </Notice>
      <FaultNotice fault={fault} />
      {words === null ? <p role="status">Drawing words…</p> : <WordList words={words} />}
      <div className="row">
        <Button kind="primary" disabled={words === null} onClick={() => setAsking(true)}>
          I wrote them down
        </Button>
        <Button
          onClick={() => {
            seed.fill(0);
            onBack();
          }}
        >
          Back
        </Button>
      </div>
    </Page>
  );
}

const WordList = ({ words }: { readonly words: readonly string[] }): ReactNode => (
  <ol className="words card" translate="no">
    {words.map((word, i) => (
      <li key={i}>
        <span className="quiet" aria-hidden="true">
          {i + 1}
        </span>{" "}
        <strong className="mono">{word}</strong>
      </li>
    ))}
  </ol>
);
