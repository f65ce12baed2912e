import { useEffect, useState, type ReactNode } from "react";

import { recipientBytes, recipientOf } from "../../../../../client/index.ts";
import { useDevice } from "../../device/context.tsx";
import { Button } from "../../ui/button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { keyDigest } from "../health/key-digest.ts";

/** This device's recipient key: what an owner grants to. Nothing in it is secret. */
export function Recipient(): ReactNode {
  const { device } = useDevice();
  const [recipient, setRecipient] = useState<string | null>(null);
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  const [qr, setQr] = useState(false);
  useEffect(() => {
    void recipientOf(device.keys.identity).then(setRecipient);
  }, [device]);
  if (recipient === null) return <p role="status">Working out the key…</p>;
  const copy = (): void => {
    navigator.clipboard.writeText(recipient).then(
      () => setCopied("yes"),
      () => setCopied("failed"),
    );
  };
  return (
    <>
      <code className="recipient" tabIndex={0} role="region" aria-label="This browser's key">
        {recipient}
      </code>
      <Facts
        facts={[
          [
            "Check digits",
            <>
              <code>{keyDigest(recipientBytes(recipient))}</code>{" "}
              <span className="quiet">The owner compares it with what their page shows.</span>
            </>,
          ],
        ]}
      />
      <div className="row">
        <Button onClick={copy}>Copy the key</Button>
        <Button aria-expanded={qr} onClick={() => setQr(!qr)}>
          {qr ? "Hide the QR code" : "Show it as a QR code"}
        </Button>
        <span role="status" className="quiet">
          {copied === "yes" && "Copied."}
          {copied === "failed" && "It could not be copied: mark the text and copy it by hand."}
        </span>
      </div>
      {qr && <QrCode text={recipient} />}
    </>
  );
}

/** A text as a QR code; the encoder is fetched when it is needed. */
function QrCode({ text }: { readonly text: string }): ReactNode {
  const [rows, setRows] = useState<readonly (readonly boolean[])[] | null>(null);
  useEffect(() => {
    void import("qr").then(({ encodeQR }) => setRows(encodeQR(text, "raw", { ecc: "low", border: 2 })));
  }, [text]);
  if (rows === null) return <p role="status">Drawing…</p>;
  const dark = rows.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      role="img"
      aria-label="The key as a QR code"
      shapeRendering="crispEdges"
    >
      <path d={dark.join("")} fill="#000000" />
    </svg>
  );
}
