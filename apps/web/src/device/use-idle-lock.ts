import { useCallback, useEffect, useRef, useState } from "react";

import { tabs } from "../session/tabs.ts";
import { awake } from "./awake.ts";
import type { Device } from "./device.ts";
import { every, lockWhenIdle } from "./idle.ts";
import { IDLE_MINUTES } from "./sealed-files.ts";

/**
 * Locks an unlocked device when nobody is there, or another tab locked.
 *
 * @param lock - Locks this tab; the others are told already, or told this one.
 */
export function useIdleLock(device: Device, lock: () => void) {
  const [idleMinutes, setMinutes] = useState<number>(IDLE_MINUTES.usual);
  const minutes = useRef(idleMinutes);
  const take = useCallback((now: number): void => {
    minutes.current = now;
    setMinutes(now);
  }, []);
  useEffect(() => {
    // A setting that cannot be read is the usual one.
    void device.settings().then(
      (settings) => take(settings.idleMinutes),
      () => undefined,
    );
    const world = { signs: globalThis, now: Date.now, every, tabs, awake };
    return lockWhenIdle(world, () => minutes.current, lock);
  }, [device, lock, take]);
  const setIdleMinutes = useCallback(
    async (wanted: number): Promise<void> => {
      await device.keepSettings({ idleMinutes: wanted });
      take((await device.settings()).idleMinutes);
    },
    [device, take],
  );
  return { idleMinutes, setIdleMinutes };
}
