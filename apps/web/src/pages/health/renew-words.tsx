import { useCallback, useState, type ReactNode } from "react";

import { toBeHex } from "ethers";

import { unconfirmed } from "../../../../../client/manage.ts";
import { useDevice } from "../../device/context.tsx";
import { drawing, home } from "../../device/this-browser.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { NewWords } from "../start/new-words.tsx";
import { RENEWAL_ACT } from "./rekey-acts.ts";
import { finishRenewal, keepNewWords, RenewalWaits } from "./renewal.ts";
import { useLoaded } from "./use-loaded.ts";
import { isVouched, VouchList } from "./vouch-list.tsx";

/** Where a renewal is, while its page is open. */
type Step =
  | { readonly at: "asking" }
  | { readonly at: "words" }
  | { readonly at: "changing"; readonly seed: Uint8Array }
  | { readonly at: "done" };

/** Replaces the 24 words: shows new ones once, asks three of them back, and changes every key. */
export function RenewWords({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { vault } = useSession();
  const { device } = useDevice();
  const { running, fault, run } = useAct();
  const [step, setStep] = useState<Step>({ at: "asking" });
  const [vouched, setVouched] = useState<ReadonlySet<string>>(new Set());
  const [unlocks, setUnlocks] = useState(true);
  const change = async (seed: Uint8Array): Promise<void> => {
    setStep({ at: "changing", seed });
    // They are on somebody's paper: whatever comes in between, they are kept first.
    const kept = await run("Keeping the new words…", null, async () => {
      await keepNewWords({ device, vault }, { seed, unlocks });
      return true;
    });
    if (kept !== true) return;
    const done = await run("Changing every key…", RENEWAL_ACT, async () => {
      await finishRenewal({ device, vault, drawing }, [...vouched]);
      return true;
    });
    if (done === true) setStep({ at: "done" });
  };
  switch (step.at) {
    case "asking":
      return (
        <Asking
          {...{ vouched, setVouched, unlocks, setUnlocks, onClose }}
          onGo={() => setStep({ at: "words" })}
        />
      );
    case "words":
      return (
        <NewWords
          title="Your new 24 words"
          onDone={(seed) => void change(seed)}
          onBack={() => setStep({ at: "asking" })}
        >
          <p>
            Write this beside them: <VaultId />. The new words find the vault by its id alone.
          </p>
          <p className="quiet">Until three of them were asked back, nothing changes.</p>
        </NewWords>
      );
    case "changing":
      return (
        <Page title="Changing every key">
          <p>
            The key that commits is replaced in a transaction of its own, then every key changes: that makes
            two. If this is interrupted, go on with it on the page Health: the words stay the same.
          </p>
          <p role="status">{running ?? ""}</p>
          <FaultNotice fault={fault} />
          {running === null && (
            <div className="row">
              <Button kind="primary" onClick={() => void change(step.seed)}>
                Try again
              </Button>
              <Button onClick={onClose}>Later</Button>
            </div>
          )}
        </Page>
      );
    case "done":
      return <Done unlocks={unlocks} onClose={onClose} />;
  }
}

interface AskingProps {
  readonly vouched: ReadonlySet<string>;
  readonly setVouched: (vouched: ReadonlySet<string>) => void;
  readonly unlocks: boolean;
  readonly setUnlocks: (unlocks: boolean) => void;
  readonly onGo: () => void;
  readonly onClose: () => void;
}

/** What it means, and who has to be vouched for: before words are shown that would come to nothing. */
function Asking({ vouched, setVouched, unlocks, setUnlocks, onGo, onClose }: AskingProps): ReactNode {
  const { vault } = useSession();
  const { device } = useDevice();
  const asked = useLoaded(
    // Whom to vouch for does not hang on which words they are.
    useCallback(async () => {
      // Those that were written down already go first.
      if ((await device.renewal(vault.ref)) !== null) throw new RenewalWaits();
      return unconfirmed(vault, { remove: [], newWords: home.random(32) });
    }, [vault, device]),
  );
  const ways = useLoaded(useCallback(() => device.ways(), [device]));
  const hasWords = ways.value?.sound.some(({ kind }) => kind === "words") === true;
  return (
    <Page title="Renew the 24 words">
      <section className="card">
        <p>
          For when somebody may have seen the words, or the sheet is lost. New words take their place, and
          every key changes.
        </p>
        <ul>
          <li>
            The old words open nothing that is written from then on. What was written before stays open to
            whoever has them and kept its blobs: nobody can take that back.
          </li>
          <li>
            Your other devices and your readers do not find the new keys by themselves: each gets a new
            welcome, to be carried to it.
          </li>
          <li>Your wallet sends two transactions.</li>
        </ul>
        <VouchList members={asked.value ?? []} vouched={vouched} onChange={setVouched} />
        {hasWords && (
          <label className="choice">
            <input type="checkbox" checked={unlocks} onChange={({ target }) => setUnlocks(target.checked)} />
            The new words unlock this browser too, in place of those that do so now
          </label>
        )}
        {hasWords && !unlocks && (
          <p className="quiet">The words that unlock this browser now go on doing so: keep their sheet.</p>
        )}
        <FaultNotice fault={asked.fault ?? ways.fault} />
        <div className="row">
          <Button
            kind="primary"
            disabled={asked.value === null || ways.value === null || !isVouched(asked.value, vouched)}
            onClick={() => {
              if (!hasWords) setUnlocks(false);
              onGo();
            }}
          >
            Draw new words
          </Button>
          <Button onClick={onClose}>Leave them as they are</Button>
        </div>
      </section>
    </Page>
  );
}

const Done = ({
  unlocks,
  onClose,
}: {
  readonly unlocks: boolean;
  readonly onClose: () => void;
}): ReactNode => (
  <Page title="The words are renewed">
    <section className="card">
      <Notice>
        <p>The old words open nothing that is written from now on. Mark the old sheet, or burn it.</p>
      </Notice>
      <p>
        The new sheet needs the vault&apos;s id beside the words: <VaultId />.
      </p>
      <p>
        {unlocks
          ? "The new words unlock this browser too."
          : "The ways to unlock this browser stay as they were."}
      </p>
      <p>
        Each other device and each reader needs a new welcome: hand those of your devices over on the page
        Health, and those of readers on the page Access.
      </p>
      <div className="row">
        <Button kind="primary" onClick={onClose}>
          Back to Health
        </Button>
      </div>
    </section>
  </Page>
);

function VaultId(): ReactNode {
  const { vault } = useSession();
  return <code>{toBeHex(vault.ref.vaultId, 32)}</code>;
}
