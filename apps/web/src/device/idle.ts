import type { Tabs } from "../session/tabs.ts";
import type { Awake } from "./awake.ts";

/** What shows that somebody is there. */
const SIGNS = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

/** How often a tab looks, and tells the others that somebody is there, in milliseconds. */
const LOOK = 1_000;
const TELL = 10_000;

/** What idleness is measured by. */
export interface IdleWorld {
  /** Where signs come from. */
  readonly signs: Pick<EventTarget, "addEventListener" | "removeEventListener">;
  /** Unix milliseconds: they go on while a machine sleeps. */
  readonly now: () => number;
  /** Calls again and again. @returns Ends it. */
  readonly every: (milliseconds: number, look: () => void) => () => void;
  readonly tabs: Tabs;
  readonly awake: Awake;
}

/**
 * Locks a device that nobody uses: after some minutes without a sign in any tab, and when another tab locked. Work that is under way
 * is let end before; a question that nobody answers is no work. A sign that comes too late, on a machine that was asleep, opens nothing.
 *
 * @param minutes - Asked each time, so that a change counts at once.
 * @param lock - Locks this tab.
 * @returns Ends it.
 */
export function lockWhenIdle(world: IdleWorld, minutes: () => number, lock: () => void): () => void {
  const { signs, now, tabs, awake } = world;
  let [seen, told, wanted] = [now(), 0, false];
  const isOver = (): boolean => !awake.isBusy() && now() - seen >= minutes() * 60_000;
  const lockAll = (): void => {
    // Whoever sleeps over it locks everywhere: the others saw nobody either, or told so.
    tabs.tell("locked");
    lock();
  };
  const sign = (): void => {
    // The first sign after a sleep comes before the first look.
    if (isOver()) {
      lockAll();
      return;
    }
    seen = now();
    if (seen - told < TELL) return;
    told = seen;
    tabs.tell("active");
  };
  const look = (): void => {
    // A clock that is set back would have nobody's time begin in the future.
    if (now() < seen) [seen, told] = [now(), 0];
    if (awake.isBusy()) sign();
    else if (isOver()) lockAll();
  };
  const ends = [
    world.every(LOOK, look),
    tabs.listen((word) => {
      // Somebody is in that tab: it stays open, and this one is too late for that.
      if (word === "active" && isOver()) lock();
      else if (word === "active") seen = now();
      if (word === "locked" && awake.isBusy()) wanted = true;
      else if (word === "locked") lock();
    }),
    awake.onRest(() => {
      seen = now();
      if (wanted) lock();
    }),
    ...SIGNS.map((name) => {
      // Nobody else's business whether it goes further.
      signs.addEventListener(name, sign, { capture: true, passive: true });
      return () => signs.removeEventListener(name, sign, { capture: true });
    }),
  ];
  return () => ends.forEach((end) => end());
}

/** The browser's own. */
export const every = (milliseconds: number, look: () => void): (() => void) => {
  const timer = setInterval(look, milliseconds);
  return () => clearInterval(timer);
};
