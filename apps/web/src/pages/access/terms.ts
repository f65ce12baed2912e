/** What the person chose for a grant. */
export interface TermsForm {
  /** Names of scopes. */
  readonly scopes: readonly string[];
  /** The last day, as a date field has it: `2027-03-03`. */
  readonly lastDay: string;
  readonly label: string;
  readonly listed: boolean;
  readonly propose: boolean;
  readonly storeWelcome: boolean;
}

/** Days that a button fills in. */
export const PRESET_DAYS = [7, 30, 90] as const;

/** Ten years, as on the command line: there are no grants without an end. */
export const MOST_DAYS = 3_650;

const DAY = 86_400_000;

/** What is wrong with a form, by its fields; `null` where nothing is. */
export interface TermsFaults {
  readonly scopes: string | null;
  readonly lastDay: string | null;
}

/** A day as a date field writes it, in the person's own time zone. */
export function dayText(milliseconds: number): string {
  const date = new Date(milliseconds);
  const digits = (value: number, width: number): string => String(value).padStart(width, "0");
  return `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
}

/** The day that is so many days after now. */
export const dayIn = (days: number, now: number): string => dayText(now + days * DAY);

/**
 * When a day is over, in the person's own time zone.
 *
 * @returns unix seconds, or `null` for no day.
 */
export function endOfDay(text: string): number | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  const end = new Date(Number(year), Number(month) - 1, Number(day), 23, 59, 59);
  return dayText(end.getTime()) === text ? Math.floor(end.getTime() / 1_000) : null;
}

/** What keeps a form from being granted, in the words that stand below its fields. */
export const termsFaults = ({ scopes, lastDay }: TermsForm, now: number): TermsFaults => ({
  scopes: scopes.length === 0 ? "Choose at least one scope." : null,
  lastDay: dayFault(lastDay, now),
});

/** What is wrong with a last day; `null` when nothing is. */
export function dayFault(lastDay: string, now: number): string | null {
  const end = endOfDay(lastDay);
  if (end === null) return "Choose the last day: a grant always ends.";
  if (end * 1_000 <= now) return `${lastDay} is over: today is ${dayText(now)}. Choose a later day.`;
  if (end * 1_000 > now + MOST_DAYS * DAY)
    return `${lastDay} is too far: ${dayIn(MOST_DAYS - 1, now)} is the latest. It can be made longer later.`;
  return null;
}

/** A form with another scope, or without one. */
export const toggled = (scopes: readonly string[], name: string): string[] =>
  scopes.includes(name) ? scopes.filter((each) => each !== name) : [...scopes, name];
