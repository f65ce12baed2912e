/** The removal of a device in one sentence or two, for the question about its cost. */
export const removeAct = (label: string, isWords: boolean): string =>
  isWords
    ? "Removes the 24 words, and changes every key: no words recover the vault afterwards."
    : `Removes the device ${label.trim() === "" ? "that you chose" : label.trim()}, and changes every key. What it read stays read.`;

/** New words, the same way. */
export const RENEWAL_ACT =
  "Puts your new 24 words in force, and changes every key. Other devices and readers need new welcomes afterwards.";

/** New words that are given up: it sends nothing, and goes after what another tab does with them. */
export const GIVING_UP_ACT = "Gives the new words up that were written down. The words before stay.";

/** A change of all keys that was begun, the same way: who is removed by it was said when it was begun. */
export const GOING_ON_ACT = "Goes on with the change of every key that was begun before.";
