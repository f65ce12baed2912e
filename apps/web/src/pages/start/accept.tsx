import { useState, type ReactNode } from "react";

import type { Network } from "../../chain/network.ts";
import { WalletPanel } from "../../chain/wallet-panel.tsx";
import { useDevice } from "../../device/context.tsx";
import type { KnownVault } from "../../device/profile.ts";
import { Button } from "../../ui/button.tsx";
import { DropZone } from "../../ui/drop-zone.tsx";
import { Field } from "../../ui/field.tsx";
import { FileField } from "../../ui/file-field.tsx";
import { Page } from "../../ui/page.tsx";
import { CameraScan } from "../access/camera-scan.tsx";
import { accept, listedWelcome, type Joining } from "./plan.ts";
import { Recipient } from "./recipient.tsx";
import { LabelField } from "./recover-form.tsx";
import { TaskNotice } from "./task-notice.tsx";
import { useTask, type Task } from "./use-task.ts";
import { welcomeOfFile } from "./welcome-given.ts";
import { decodeWelcome } from "./welcome-text.ts";

interface AcceptProps extends Joining {
  readonly network: Network;
  readonly onVault: (known: KnownVault) => void;
  readonly onBack: () => void;
}

/** What the page says to whom. */
const TEXTS = {
  reader: {
    title: "Read a vault that was granted to you",
    give: "1. Give the owner this key",
    first: "It is this browser's own. Nothing in it is secret; only this browser opens what is sealed to it.",
  },
  owner: {
    title: "Use your vault on a further device",
    give: "1. Take this key to the other device",
    first:
      "On a device that has your vault open, go to Health, choose “Add a device…”, and paste this key there. Nothing in it is secret. The other device then has a welcome for this one.",
  },
} as const;

/** Gives this browser's key out, and opens the welcome that comes back. */
export function Accept({ as, network, onVault, onBack }: AcceptProps): ReactNode {
  const { device } = useDevice();
  const [label, setLabel] = useState("");
  const task = useTask();
  const take = (welcome: () => Promise<Uint8Array>): void =>
    task.run("Opening the welcome, and proving what it opens…", async () =>
      onVault(await accept(device, network, await welcome(), label)),
    );
  return (
    <Page title={TEXTS[as].title}>
      <section className="card">
        <h2>{TEXTS[as].give}</h2>
        <p>{TEXTS[as].first}</p>
        <Recipient />
      </section>
      <section className="card">
        <h2>2. Open the welcome</h2>
        <LabelField value={label} onChange={setLabel} />
        <WelcomeFile task={task} take={take} />
        <TaskNotice task={task} />
      </section>
      {as === "reader" && (
        <details className="card">
          <summary>The grant is listed on the chain</summary>
          <ListedWelcome network={network} task={task} take={take} />
        </details>
      )}
      <div className="row">
        <Button onClick={onBack}>Back</Button>
      </div>
    </Page>
  );
}

interface TakeProps {
  readonly task: Task;
  readonly take: (welcome: () => Promise<Uint8Array>) => void;
}

/** A welcome as a file or a picture of its code, dropped or chosen; before the camera; or as text. */
function WelcomeFile({ task, take }: TakeProps): ReactNode {
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const takeFile = (file: File | undefined): void => {
    if (file === undefined) return;
    setName(file.name);
    take(() => welcomeOfFile(file));
  };
  const takeText = (given: string): void => take(() => Promise.resolve().then(() => decodeWelcome(given)));
  return (
    <DropZone onDrop={({ files }) => takeFile(files[0])}>
      <FileField
        label="The welcome's file, or a picture of its QR code: choose it, or drop it here"
        button="Choose the file"
        said={name}
        onFiles={([file]) => takeFile(file)}
      />
      <CameraScan found={takeText} />
      <Field
        label="Or the welcome as text"
        hint='It begins with "MEMVAULT:", or with "-----BEGIN AGE ENCRYPTED FILE-----".'
      >
        {(ids) => (
          <textarea
            {...ids}
            rows={4}
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        )}
      </Field>
      <div className="row">
        <Button
          kind="primary"
          disabled={text.trim() === ""}
          busy={task.running !== null}
          onClick={() => takeText(text)}
        >
          Open this welcome
        </Button>
      </div>
    </DropZone>
  );
}

/** The welcome of a grant that stands on the chain, by the vault's id and the wallet that it was given to. */
function ListedWelcome({ network, task, take }: TakeProps & { readonly network: Network }): ReactNode {
  const [vaultId, setVaultId] = useState("");
  return (
    <div className="stack">
      <p>Connect the wallet that the grant was given to. Nothing is sent.</p>
      <WalletPanel config={network.config} />
      <Field label="The vault's id" hint="0x and 64 digits; its owner has it.">
        {(ids) => (
          <input
            {...ids}
            autoComplete="off"
            spellCheck={false}
            value={vaultId}
            onChange={({ target }) => setVaultId(target.value)}
          />
        )}
      </Field>
      <div className="row">
        <Button busy={task.running !== null} onClick={() => take(() => listedWelcome(network, vaultId))}>
          Look for the welcome
        </Button>
      </div>
    </div>
  );
}
