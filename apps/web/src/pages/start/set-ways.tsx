import { useState, type ReactNode, type SubmitEvent } from "react";

import { createDevice, type Device } from "../../device/device.ts";
import { box, drawing, home, keep } from "../../device/this-browser.ts";
import { newPassphrase, newWords, type NewWay } from "../../device/ways.ts";
import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { NewWords } from "./new-words.tsx";
import { NewPassphraseField, textIn } from "./passphrase-fields.tsx";
import { PasskeyOffer, usePasskeys } from "./passkey-offer.tsx";
import { TaskNotice } from "./task-notice.tsx";
import { useTask } from "./use-task.ts";

interface SetWaysProps {
  /** Of the words that open the vault; `null` where there are none. */
  readonly seed: Uint8Array | null;
  readonly onDevice: (device: Device) => Promise<void>;
  readonly onBack: () => void;
}

/** Chooses how this browser is unlocked, and makes its keys. */
export function SetWays({ seed: given, onDevice, onBack }: SetWaysProps): ReactNode {
  const [seed, setSeed] = useState(given);
  const [drawingWords, setDrawingWords] = useState(false);
  const [passkey, setPasskey] = useState<NewWay | null>(null);
  const available = usePasskeys();
  const task = useTask();
  if (drawingWords)
    return (
      <NewWords
        title="24 words of this browser"
        onDone={(drawn) => {
          setSeed(drawn);
          setDrawingWords(false);
        }}
        onBack={() => setDrawingWords(false)}
      >
        <p>They unlock this browser, and are no vault&apos;s words.</p>
      </NewWords>
    );
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const typed = textIn(form, "passphrase");
    task.run("Sealing your keys…", async () => {
      const ways = [
        ...(passkey === null ? [] : [passkey]),
        ...(seed === null ? [] : [newWords(seed, drawing)]),
        ...(typed === "" ? [] : [await newPassphrase(box, typed, drawing)]),
      ];
      const device = await createDevice(home, ways);
      form.reset();
      await keep();
      for (const { key } of ways) key.fill(0);
      await onDevice(device);
      // A vault's words are still needed; this browser's own are on paper.
      if (given === null) seed?.fill(0);
    });
  };
  return (
    <Page title="Lock this browser">
      <p>
        Your keys stay in this browser, sealed. Choose at least two ways to unlock them: each opens them
        alone, so that one may be lost.
      </p>
      <section className="card">
        <h2>Passkey</h2>
        <p className="quiet">Your fingerprint, face or device PIN.</p>
        {passkey === null ? (
          <PasskeyOffer
            kind="primary"
            onMade={(made) => {
              setPasskey(made);
              // What was missing may be there now.
              task.clear();
            }}
          />
        ) : (
          <p className="badge badge-good" role="status">
            Passkey added
          </p>
        )}
      </section>
      <section className="card">
        <h2>24 words</h2>
        {seed !== null ? (
          <p className="badge badge-good">The words on your paper unlock this browser as well</p>
        ) : (
          <>
            <p className="quiet">Words on paper, for when all else is lost.</p>
            <div className="row">
              <Button onClick={() => setDrawingWords(true)}>Draw 24 words</Button>
            </div>
          </>
        )}
      </section>
      <form className="card" onSubmit={send} onChange={task.clear}>
        <h2>Passphrase</h2>
        <p className="quiet">
          {passkey !== null && seed !== null
            ? "Not needed any more; a third way does no harm."
            : "Something that you remember."}
        </p>
        <NewPassphraseField label="New passphrase" />
        <TaskNotice task={task} />
        <div className="row">
          <Button
            kind={passkey !== null || available === false ? "primary" : "plain"}
            type="submit"
            busy={task.running !== null}
          >
            Lock this browser with these
          </Button>
          <Button onClick={onBack}>Back</Button>
        </div>
      </form>
    </Page>
  );
}
