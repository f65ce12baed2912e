import { useEffect, useState, type ReactNode } from "react";

import { collectWelcome, dropWelcome, settle } from "../../../../../client/index.ts";
import { useAct } from "../../session/act.tsx";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { sizeText } from "../../ui/texts.ts";
import { QrCode } from "./qr-code-view.tsx";
import { useArrival } from "./use-arrival.ts";
import { usePoll } from "./use-poll.ts";

interface HandoverProps {
  readonly memberId: string;
  /** Whether the reader finds it in the store as well. */
  readonly stored: boolean;
  readonly close: () => void;
}

/** Milliseconds between two looks whether a grant is final. */
const POLL = 4_000;

/** The welcome of a grant, for its owner to hand over once the grant is final. */
export function WelcomeHandover({ memberId, stored, close }: HandoverProps): ReactNode {
  const { vault } = useSession();
  const arrival = useArrival<HTMLDivElement>();
  const [welcome, setWelcome] = useState<Uint8Array<ArrayBuffer> | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const look = async (): Promise<void> => {
    try {
      await settle(vault);
      const found = await collectWelcome(vault, memberId);
      if (found !== null) setWelcome(new Uint8Array(found));
      setFault(null);
    } catch (thrown) {
      setFault(thrown);
    }
  };
  useEffect(() => void look(), [vault, memberId]);
  usePoll(look, POLL, welcome === null);
  return (
    <div ref={arrival} tabIndex={-1} className="stack access-step" role="group" aria-label="The welcome">
      <p>
        The welcome opens only with the reader’s own key. Hand it over by any way that you like: with it the
        reader opens your vault.
      </p>
      {stored && <p>It is in the store as well. The reader’s program finds it there through the chain.</p>}
      {welcome === null ? (
        <p role="status">
          Waiting until the chain will not take the grant back. You may close this: the welcome waits under
          “Welcomes to hand over”.
          <progress aria-label="Waiting until the grant is final" />
        </p>
      ) : (
        <Ready memberId={memberId} welcome={welcome} close={close} />
      )}
      <FaultNotice fault={fault} />
      <div className="row">
        <Button onClick={close}>Close</Button>
      </div>
    </div>
  );
}

interface ReadyProps {
  readonly memberId: string;
  readonly welcome: Uint8Array<ArrayBuffer>;
  readonly close: () => void;
}

function Ready({ memberId, welcome, close }: ReadyProps): ReactNode {
  const { vault } = useSession();
  const { running, fault, run } = useAct();
  const url = useBlobUrl(welcome);
  const [said, setSaid] = useState("");
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    void import("../../../../../client/manage.ts").then(({ welcomeText }) => setText(welcomeText(welcome)));
  }, [welcome]);
  const copy = async (): Promise<void> => {
    if (text === null) return;
    await navigator.clipboard.writeText(text).then(
      () => setSaid("Copied."),
      () => setSaid("The browser does not let this page copy. Download the file instead."),
    );
  };
  const drop = async (): Promise<void> => {
    const done = await run("Letting it go…", null, async () => {
      await dropWelcome(vault, memberId);
      return true;
    });
    if (done === true) close();
  };
  return (
    <>
      <div className="row">
        <a
          className="button button-primary access-download"
          href={url}
          download={`welcome-${memberId.slice(0, 8)}.age`}
        >
          Download ({sizeText(welcome.length)})
        </a>
        <Button disabled={text === null} onClick={() => void copy()}>
          Copy as text
        </Button>
        <span role="status">{said}</span>
      </div>
      {text !== null && <QrCode text={text} label="The welcome as a QR code" />}
      <p className="quiet">It stays on this device until you say that it was handed over.</p>
      <div className="row">
        <Button busy={running !== null} onClick={() => void drop()}>
          It was handed over
        </Button>
      </div>
      <FaultNotice fault={fault} />
    </>
  );
}

/** An address of bytes, within this page alone. */
function useBlobUrl(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return url;
}
