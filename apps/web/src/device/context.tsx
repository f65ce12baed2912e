import { createContext, use } from "react";

import type { Device } from "./device.ts";

/** The unlocked device, for the pages that change it. */
export interface UnlockedDevice {
  readonly device: Device;
  readonly idleMinutes: number;
  /** Keeps another time, which counts at once. */
  readonly setIdleMinutes: (minutes: number) => Promise<void>;
}

export const DeviceContext = createContext<UnlockedDevice | null>(null);

/** The device of the page; there is one wherever a vault is open. */
export function useDevice(): UnlockedDevice {
  const unlocked = use(DeviceContext);
  if (unlocked === null) throw new TypeError("this page is shown where no device is unlocked");
  return unlocked;
}
