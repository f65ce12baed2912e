import { useEffect, useRef, useState, type ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";

/** Reads a code with the camera, where there is one. */
export function CameraScan({ found }: { readonly found: (text: string) => void }): ReactNode {
  const [open, setOpen] = useState(false);
  const [refused, setRefused] = useState(false);
  // Browsers give a camera to safe pages only.
  if (!("mediaDevices" in navigator)) return null;
  return (
    <div className="stack">
      <Button
        onClick={() => {
          setRefused(false);
          setOpen(!open);
        }}
        aria-expanded={open}
      >
        {open ? "Close the camera" : "Scan with the camera"}
      </Button>
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

/** @returns Ends it, and lets the camera go. */
async function scan(player: HTMLVideoElement, found: (text: string) => void): Promise<() => void> {
  const { QRCanvas, frameLoop, rearCamera } = await import("qr/dom.js");
  const camera = await rearCamera(player);
  const canvas = new QRCanvas();
  const cancel = frameLoop(() => {
    const text: unknown = camera.readFrame(canvas);
    if (typeof text !== "string") return;
    end();
    found(text);
  });
  const end = (): void => {
    cancel();
    camera.stop();
  };
  return end;
}
