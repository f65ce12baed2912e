/** What an owner's device notes of agents, sealed like the rest of its journal (SPEC §15). */
import { named, read, write, type Journal } from "../vault/journal.ts";

/** Names of the notes that begin with `prefix`, sorted. */
export const notesNamed: (journal: Journal, prefix: string) => Promise<string[]> = named;

/** @returns what the note holds, or `null` when there is none. */
export const readNote: (journal: Journal, name: string) => Promise<Uint8Array | null> = read;

/** Writes a note; it is safe on disk when this returns. */
export const writeNote: (journal: Journal, name: string, value: Uint8Array) => Promise<void> = write;

/** Lets a note go. */
export const removeNote = ({ store }: Journal, name: string): Promise<void> => store.remove(name);
