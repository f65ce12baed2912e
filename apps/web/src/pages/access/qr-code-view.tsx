import { useEffect, useState, type ReactNode } from "react";

import { fitsQr, qrModules, qrPath } from "./qr-code.ts";

/** A text as a code to be scanned; nothing where it is too long for one. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  const [modules, setModules] = useState<boolean[][] | null>(null);
  const fits = fitsQr(text);
  useEffect(() => {
    if (fits) void qrModules(text).then(setModules);
  }, [text, fits]);
  if (!fits) return <p className="quiet">It is too long for a QR code: hand the file over, or its text.</p>;
  if (modules === null) return null;
  const side = modules.length;
  return (
    <svg
      className="access-qr"
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} className="access-qr-light" />
      <path d={qrPath(modules)} className="access-qr-dark" />
    </svg>
  );
}
