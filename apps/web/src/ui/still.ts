/** Milliseconds within which a second click is the other half of a double one. */
const STILL = 300;

/** What is held still: a page's body. */
interface Held {
  readonly style: { pointerEvents: string };
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Lets no pointer through for a moment: the second half of a double click is for what is gone, and not for what lay below it. */
export function holdStill({ style }: Held): void {
  clearTimeout(timer);
  style.pointerEvents = "none";
  timer = setTimeout(() => (style.pointerEvents = ""), STILL);
}
