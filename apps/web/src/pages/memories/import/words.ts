import type { PickedFile } from "../../../../../../client/browser.ts";
import type { ImportedMemory } from "../../../../../../client/importers/index.ts";

/** What conversations become: each statement of the person, or with the answer to it. */
export type Extraction = "statements" | "exchanges";

/** A memory that was found in an export. */
export interface FoundMemory {
  readonly memory: ImportedMemory;
  /** How often it was confirmed where it comes from. */
  readonly reinforcements: number;
  /** What makes it the same one at the next import. */
  readonly key: string;
  /** The same without its time, where the export does not say when. */
  readonly timeless: string | null;
}

/** What is no memory, or could not be one. */
export interface SkippedItem {
  readonly place: string;
  readonly why: string;
}

/** A file of which nothing is taken. */
export interface BrokenFile {
  readonly file: string;
  /** The error's own. */
  readonly name: string;
  readonly message: string;
}

/** What the page says to the reader. */
export type PageWord =
  | { readonly kind: "read"; readonly files: readonly PickedFile[]; readonly as: Extraction }
  /** The last word was taken in: the next may come. */
  | { readonly kind: "taken" };

/** What the reader says to the page. Each but `progress` waits until it was taken in, so that nothing piles up. */
export type ReaderWord =
  | { readonly kind: "progress"; readonly read: number; readonly total: number }
  | {
      readonly kind: "batch";
      /** Which of the exports it is of. */
      readonly group: number;
      readonly memories: readonly FoundMemory[];
      readonly skipped: readonly SkippedItem[];
      readonly duplicates: number;
    }
  /** Nothing of this is taken; of the group neither, if it is one's. */
  | { readonly kind: "broken"; readonly group: number | null; readonly broken: BrokenFile }
  | { readonly kind: "done"; readonly importers: readonly string[] };
