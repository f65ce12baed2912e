import { accessSync, constants } from "node:fs";
import path from "node:path";

import { chromium, type Browser } from "playwright-core";

/** A phone's screen: the narrowest that the app is made for. */
export const PHONE = { width: 360, height: 740 };

/** A laptop's screen. */
export const LAPTOP = { width: 1_280, height: 800 };

const FLAGS = [
  ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
  // Whatever asks for another host gets no answer, and is told of below.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

/** Chromium as Debian calls it, on the PATH; `null` when it is not installed. */
export function chromiumPath(): string | null {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const found = folders.map((folder) => path.join(folder, "chromium")).find(isProgram);
  return found ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts Chromium without a window.
 *
 * @param camera - a film (y4m) that its camera sees; `null`: there is no camera.
 */
export const launch = (executablePath: string, camera: string | null = null): Promise<Browser> =>
  chromium.launch({ executablePath, args: [...FLAGS, ...cameraFlags(camera)], headless: true });

const cameraFlags = (film: string | null): string[] =>
  film === null
    ? []
    : [
        ...["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
        `--use-file-for-fake-video-capture=${film}`,
      ];
