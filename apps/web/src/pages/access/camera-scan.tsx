import { useEffect, useRef, useState, type ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import "./camera-scan.css";

/** Reads a code with the camera, where there is one. */
export function CameraScan({ found }: { readonly found: (text: string) => void }): ReactNode {
  const [open, setOpen] = useState(false);
  const [refused, setRefused] = useState(false);
  // Browsers give a camera to safe pages only.
  if (!("mediaDevices" in navigator)) return null;
  return (
    <div className="stack">
      <div className="row">
        <Button
          onClick={() => {
            setRefused(false);
            setOpen(!open);
          }}
          aria-expanded={open}
        >
          {open ? "Close the camera" : "Scan with the camera"}
        </Button>
      </div>
      {open && (
        <Camera
          found={(text) => {
            setOpen(false);
            found(text);
          }}
          failed={() => {
            setOpen(false);
            setRefused(true);
          }}
        />
      )}
      {refused && (
        <Notice tone="warn">
          <p>No camera can be used here. Allow it in the browser, or drop a picture of the code.</p>
        </Notice>
      )}
    </div>
  );
}

interface CameraProps {
  readonly found: (text: string) => void;
  readonly failed: () => void;
}

function Camera({ found, failed }: CameraProps): ReactNode {
  const video = useRef<HTMLVideoElement>(null);
  const told = useRef({ found, failed });
  useEffect(() => {
    const player = video.current;
    if (player === null) return undefined;
    let over = false;
    let stop = (): void => undefined;
    void scan(player, (text) => told.current.found(text)).then(
      (end) => {
        if (over) end();
        else stop = end;
      },
      () => told.current.failed(),
    );
    return () => {
      over = true;
      stop();
    };
  }, []);
  return <video ref={video} className="access-camera" muted playsInline aria-label="What the camera sees" />;
}

/** The camera at the back, where there is one, and so many pixels that the code of a key is legible: a phone's screen has fewer. */
const WANTED = { facingMode: "environment", width: { ideal: 1_920 }, height: { ideal: 1_080 } };

/** @returns Ends it, and lets the camera go. */
async function scan(player: HTMLVideoElement, found: (text: string) => void): Promise<() => void> {
  const { QRCamera, QRCanvas, frameLoop } = await import("qr/dom.js");
  const camera = new QRCamera(player, await navigator.mediaDevices.getUserMedia({ video: WANTED }));
  const canvas = new QRCanvas();
  let over = false;
  const look = async (): Promise<void> => {
    const text: unknown = await camera.readFrame(canvas, true);
    if (over || typeof text !== "string") return;
    end();
    found(text);
  };
  // A frame that cannot be read is followed by others.
  const cancel = frameLoop(() => void look().catch(() => undefined), player);
  const end = (): void => {
    if (over) return;
    over = true;
    cancel();
    camera.stop();
  };
  return end;
}
