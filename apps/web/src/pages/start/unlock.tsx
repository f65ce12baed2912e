import { useEffect, useState, type ReactNode, type SubmitEvent } from "react";

import { openDevice, waysOf, type Device } from "../../device/device.ts";
import { box, home, passkeys } from "../../device/this-browser.ts";
import type { Ways } from "../../device/ways.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { dateText } from "../../ui/texts.ts";
import { besideWords, WordsField } from "../../ui/words-field.tsx";
import { wordsIn } from "../../ui/words-text.ts";
import { textIn } from "./passphrase-fields.tsx";
import { RemoveDevice } from "./remove-device.tsx";
import { TaskNotice } from "./task-notice.tsx";
import { useTask, type Task } from "./use-task.ts";

interface UnlockProps {
  /** Whether something was typed that the lock took. */
  readonly discarded: boolean;
  readonly onDevice: (device: Device) => void;
}

/** Unlocks the device that is here. */
export function Unlock({ discarded, onDevice }: UnlockProps): ReactNode {
  const [ways, setWays] = useState<Ways | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const task = useTask();
  useEffect(() => {
    waysOf(home).then(setWays, setFault);
  }, []);
  const has = (kind: string): boolean => ways?.sound.some((way) => way.kind === kind) === true;
  return (
    <Page title="Unlock">
      <p>Your keys are in this browser, sealed.</p>
      {discarded && (
        <Notice tone="warn">
          What you were typing here was discarded when the vault locked. What was saved before is there.
        </Notice>
      )}
      <FaultNotice fault={fault} />
      {ways !== null && ways.broken.length > 0 && (
        <Notice tone="warn">
          A way to unlock is damaged ({ways.broken.join(", ")}). Use another one, and set it anew in the
          settings.
        </Notice>
      )}
      {ways?.sound.length === 0 && (
        <Notice tone="warn">There is no way to unlock here any more: reload this page.</Notice>
      )}
      <TaskNotice task={{ ...task, fault: besideWords(task.fault) }} />
      {ways !== null && <ByPasskey ways={ways} task={task} onDevice={onDevice} />}
      {has("passphrase") && <ByPassphrase task={task} onDevice={onDevice} first={!has("passkey")} />}
      {has("words") && <ByWords task={task} onDevice={onDevice} />}
      <details className="card">
        <summary>None of these works</summary>
        <p>
          Remove what this browser keeps, and begin again: your own vault comes back with its 24 words, and a
          vault that was granted to you with a new welcome.
        </p>
        <RemoveDevice />
      </details>
    </Page>
  );
}

interface ByProps {
  readonly task: Task;
  readonly onDevice: (device: Device) => void;
}

function ByPasskey({ ways, task, onDevice }: ByProps & { readonly ways: Ways }): ReactNode {
  const made = ways.sound.filter(({ kind }) => kind === "passkey");
  if (made.length === 0) return null;
  return (
    <div className="row">
      {made.map(({ id, since }, i) => (
        <Button
          key={id}
          kind={i === 0 ? "primary" : "plain"}
          busy={task.running !== null}
          onClick={() =>
            task.run("Your browser asks for the passkey.", async () =>
              onDevice(await openDevice(home, { kind: "passkey", id, passkeys })),
            )
          }
        >
          {made.length === 1 ? "Unlock with the passkey" : `Unlock with the passkey of ${dateText(since)}`}
        </Button>
      ))}
    </div>
  );
}

function ByPassphrase({ task, onDevice, first }: ByProps & { readonly first: boolean }): ReactNode {
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    task.run("Opening with the passphrase: this takes a second or two…", async () => {
      const passphrase = textIn(form, "passphrase");
      const device = await openDevice(home, { kind: "passphrase", passphrase, box });
      form.reset();
      onDevice(device);
    });
  };
  return (
    <form className="card" onSubmit={send}>
      <Field label="Passphrase">
        {(ids) => <input {...ids} name="passphrase" type="password" autoComplete="current-password" />}
      </Field>
      <div className="row">
        <Button kind={first ? "primary" : "plain"} type="submit" busy={task.running !== null}>
          Unlock with the passphrase
        </Button>
      </div>
    </form>
  );
}

function ByWords({ task, onDevice }: ByProps): ReactNode {
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    task.run("Looking at the words…", async () => {
      const { wordsToSeed } = await import("../../../../../client/words.ts");
      const seed = wordsToSeed(wordsIn(form));
      const device = await openDevice(home, { kind: "words", seed }).finally(() => seed.fill(0));
      form.reset();
      onDevice(device);
    });
  };
  return (
    <details className="card">
      <summary>Unlock with the 24 words</summary>
      <form className="stack" onSubmit={send}>
        <WordsField hint="In their order, with spaces between them." fault={task.fault} />
        <div className="row">
          <Button type="submit" busy={task.running !== null}>
            Unlock with the words
          </Button>
        </div>
      </form>
    </details>
  );
}
