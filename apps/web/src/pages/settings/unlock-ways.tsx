import { useCallback, useEffect, useState, type ReactNode, type SubmitEvent } from "react";

import { useDevice } from "../../device/context.tsx";
import { IDLE_MINUTES } from "../../device/sealed-files.ts";
import { box, drawing } from "../../device/this-browser.ts";
import type { Way } from "../../device/way-record.ts";
import { newPassphrase, newWords, type NewWay, type Ways } from "../../device/ways.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { dateText } from "../../ui/texts.ts";
import { besideWords, WordsField } from "../../ui/words-field.tsx";
import { wordsIn } from "../../ui/words-text.ts";
import { NewPassphraseField, textIn } from "../start/passphrase-fields.tsx";
import { PasskeyOffer } from "../start/passkey-offer.tsx";
import { minutesFault } from "./minutes.ts";
import { RemoveDevice } from "../start/remove-device.tsx";
import { TaskNotice } from "../start/task-notice.tsx";
import { useTask } from "../start/use-task.ts";

/** How this browser is unlocked, when it locks, and how to end all that. */
export function UnlockWays(): ReactNode {
  const { device } = useDevice();
  const [ways, setWays] = useState<Ways | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const look = useCallback(async (): Promise<void> => setWays(await device.ways()), [device]);
  useEffect(() => {
    look().catch(setFault);
  }, [look]);
  const keep = async (way: NewWay): Promise<void> => {
    await device.keepWay(way);
    await look();
  };
  const has = (kind: string): boolean => ways?.sound.some((way) => way.kind === kind) === true;
  return (
    <>
      <section className="card">
        <h2>Ways to unlock</h2>
        <p className="quiet">Each opens this browser alone. There are at least two, of two kinds.</p>
        <FaultNotice fault={fault} />
        {ways !== null && <WayList ways={ways} onChanged={look} />}
        <PasskeyOffer onMade={keep} />
        <SetPassphrase known={has("passphrase")} keep={keep} />
        <SetWords known={has("words")} keep={keep} />
      </section>
      <section className="card">
        <h2>Lock by itself</h2>
        <IdleMinutes />
      </section>
      <section className="card">
        <h2>This browser&apos;s data</h2>
        <p className="quiet">
          Keys, the list of your vaults, and what waits here. It is sealed, and only here.
        </p>
        <RemoveDevice />
      </section>
    </>
  );
}

interface WayListProps {
  readonly ways: Ways;
  readonly onChanged: () => Promise<void>;
}

/** A new way wraps the same key: who has an older copy of what is stored has the older way as well. */
const COPIES =
  "A way that was changed or removed does not open this browser any more; a copy of this browser's data made before is still " +
  "opened by it. If it leaked, remove this browser's data and recover.";

const NAMES = { passkey: "Passkey", passphrase: "Passphrase", words: "24 words" } as const;

const nameOf = ({ kind, since }: Way): string => `${NAMES[kind]}, since ${dateText(since)}`;

function WayList({ ways, onChanged }: WayListProps): ReactNode {
  const { device } = useDevice();
  const task = useTask();
  const [removed, setRemoved] = useState(false);
  const remove = (way: Way): void =>
    task.run("Removing…", async () => {
      await device.removeWay(way.id);
      setRemoved(true);
      await onChanged();
    });
  return (
    <>
      <ul className="stack vault-list">
        {ways.sound.map((way) => (
          <li key={way.id} className="row">
            <span>{nameOf(way)}</span>
            <Button kind="danger" busy={task.running !== null} onClick={() => remove(way)}>
              Remove <span className="hidden-visually">{nameOf(way)}</span>
            </Button>
          </li>
        ))}
      </ul>
      {ways.broken.length > 0 && (
        <Notice tone="warn">
          A way to unlock is damaged ({ways.broken.join(", ")}) and opens nothing. Set it anew.
        </Notice>
      )}
      {removed && <Notice>It is removed. {COPIES}</Notice>}
      <TaskNotice task={task} />
    </>
  );
}

interface SetProps {
  /** Whether there is one, which is replaced. */
  readonly known: boolean;
  readonly keep: (way: NewWay) => Promise<void>;
}

function SetPassphrase({ known, keep }: SetProps): ReactNode {
  const task = useTask();
  const [done, setDone] = useState(false);
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    setDone(false);
    task.run("Sealing your keys…", async () => {
      await keep(await newPassphrase(box, textIn(form, "passphrase"), drawing));
      form.reset();
      setDone(true);
    });
  };
  return (
    <details>
      <summary>{known ? "Change the passphrase" : "Add a passphrase"}</summary>
      <form className="stack" onSubmit={send}>
        <NewPassphraseField label="New passphrase" />
        <TaskNotice task={task} />
        {done && <Notice>The new passphrase counts from now on. {COPIES}</Notice>}
        <div className="row">
          <Button type="submit" busy={task.running !== null}>
            {known ? "Change it" : "Add it"}
          </Button>
        </div>
      </form>
    </details>
  );
}

function SetWords({ known, keep }: SetProps): ReactNode {
  const task = useTask();
  const [done, setDone] = useState(false);
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    setDone(false);
    task.run("Sealing your keys…", async () => {
      const { wordsToSeed } = await import("../../../../../client/words.ts");
      const seed = wordsToSeed(wordsIn(form));
      await keep(newWords(seed, drawing)).finally(() => seed.fill(0));
      form.reset();
      setDone(true);
    });
  };
  return (
    <details>
      <summary>{known ? "Other words: after they were renewed" : "Add the 24 words"}</summary>
      <form className="stack" onSubmit={send}>
        <WordsField hint="In their order, with spaces between them. They are not kept." fault={task.fault} />
        <TaskNotice task={{ ...task, fault: besideWords(task.fault) }} />
        {done && <Notice>These words unlock this browser from now on. {COPIES}</Notice>}
        <div className="row">
          <Button type="submit" busy={task.running !== null}>
            {known ? "Use these words" : "Add them"}
          </Button>
        </div>
      </form>
    </details>
  );
}

function IdleMinutes(): ReactNode {
  const { idleMinutes, setIdleMinutes } = useDevice();
  const [typed, setTyped] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [kept, setKept] = useState(false);
  const task = useTask();
  const { least, most } = IDLE_MINUTES;
  const send = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setKept(false);
    const wrong = minutesFault(typed ?? String(idleMinutes));
    setFault(wrong);
    if (wrong !== null) return;
    task.run("Keeping it…", async () => {
      await setIdleMinutes(Number(typed ?? idleMinutes));
      setTyped(null);
      setKept(true);
    });
  };
  return (
    <form className="stack" noValidate onSubmit={send}>
      <Field
        label="Minutes without anybody"
        hint={`${least} to ${most}. What is under way is let end before. All tabs lock together.`}
        fault={fault}
      >
        {(ids) => (
          <input
            {...ids}
            type="number"
            inputMode="numeric"
            required
            min={least}
            max={most}
            step={1}
            value={typed ?? String(idleMinutes)}
            onChange={({ target }) => {
              setTyped(target.value);
              setKept(false);
            }}
          />
        )}
      </Field>
      <TaskNotice task={task} />
      {kept && <Notice>Kept.</Notice>}
      <div className="row">
        <Button type="submit" busy={task.running !== null} disabled={typed === null}>
          Keep
        </Button>
      </div>
    </form>
  );
}
