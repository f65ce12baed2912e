import { IDLE_MINUTES } from "../../device/sealed-files.ts";

/** Why what was typed is no time until a browser locks; `null` where it is one. */
export function minutesFault(text: string): string | null {
  const { least, most } = IDLE_MINUTES;
  const minutes = /^\d{1,6}$/.test(text.trim()) ? Number(text) : NaN;
  return minutes >= least && minutes <= most ? null : `Type a whole number from ${least} to ${most}.`;
}
