import {
  createIndex,
  search,
  termsOf,
  updateIndex,
  type Searchable,
} from "../../../../../../client/recall/index.ts";
import { folded, isEmpty, type Query } from "./words.ts";

/** What the finder holds of a memory. */
export type Findable = Searchable & { readonly scope: string };

/** What changed among the memories. */
export interface Delta {
  readonly put: readonly Findable[];
  readonly gone: readonly string[];
}

/** What was found, the best first. */
export interface Found {
  readonly ids: readonly string[];
  /** Whether each has all that was typed; `false`: none has, and these come closest. */
  readonly all: boolean;
}

/** Finds memories by what is being typed. */
export interface Finder {
  readonly change: (delta: Delta) => void;
  readonly find: (query: Query, now: number) => Found;
}

/** Where no memory has all words, so many of those that come closest are shown. */
const CLOSEST = 50;

/** What stands before every word of a memory, and no word has. */
const GAP = " ";

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

/**
 * A finder over nothing. It ranks by recall's index; which memories have all of the words, the last one perhaps half typed, it tells
 * from their words as they stand.
 */
export function createFinder(): Finder {
  const index = createIndex<Findable>([]);
  const memories = new Map<string, Findable>();
  const words = new Map<string, Words>();
  return {
    change: ({ put, gone }) => {
      for (const id of gone) for (const map of [memories, words]) map.delete(id);
      for (const memory of put) {
        memories.set(memory.id, memory);
        words.set(memory.id, wordsOf(memory));
      }
      // The index stems nothing that was stemmed here.
      updateIndex(index, memories.values(), ({ id }) => words.get(id)?.own);
    },
    find: (query, now) => {
      if (isEmpty(query)) return { ids: [...memories.keys()], all: true };
      const asked = [...query.terms, ...query.lastTerms].join(" ");
      const hits = search(index, asked, { limit: Math.max(memories.size, 1), now });
      const ranked = hits.map(({ memory }) => memory.id);
      const having = new Set([...words].flatMap(([id, each]) => (hasAll(each, query) ? [id] : [])));
      if (having.size === 0) return { ids: ranked.slice(0, CLOSEST), all: false };
      const first = ranked.filter((id) => having.delete(id));
      // Those that only begin with it have no rank: the newest first.
      const rest = [...having].sort((a, b) => changedAt(memories, b) - changedAt(memories, a));
      return { ids: [...first, ...rest], all: true };
    },
  };
}

const changedAt = (memories: ReadonlyMap<string, Findable>, id: string): number =>
  memories.get(id)?.updatedAt ?? 0;

/** The words of a memory, each with a gap before and behind it. */
interface Words {
  readonly stems: string;
  readonly written: string;
  /** As recall's index takes them. */
  readonly own: { readonly words: readonly string[]; readonly counts: readonly number[] };
}

function wordsOf({ text, tags, scope, source, createdAt }: Findable): Words {
  const counts = new Map<string, number>();
  for (const term of termsOf([text, ...tags].join("\n"))) counts.set(term, (counts.get(term) ?? 0) + 1);
  const day = Number.isNaN(new Date(createdAt).getTime()) ? "" : DAY.format(createdAt);
  const beside = [scope, source.tool ?? "", day].join("\n");
  const all = folded([text, ...tags, beside].join("\n"));
  return {
    stems: gapped([...counts.keys(), ...termsOf(beside)]),
    written: gapped(all.replace(/['’]/g, "").match(/[\p{L}\p{N}]+/gu) ?? []),
    own: { words: [...counts.keys()], counts: [...counts.values()] },
  };
}

const gapped = (words: readonly string[]): string => `${GAP}${[...new Set(words)].join(GAP)}${GAP}`;

const hasAll = ({ stems, written }: Words, { terms, last, lastTerms }: Query): boolean =>
  terms.every((term) => stems.includes(`${GAP}${term}${GAP}`)) &&
  (written.includes(`${GAP}${last}`) ||
    (lastTerms.length > 0 && lastTerms.every((term) => stems.includes(`${GAP}${term}${GAP}`))));

/**
 * What tells a finder of the memories that there are now.
 *
 * @param known - what it was told last.
 * @returns `null` when nothing that can be found changed.
 */
export function deltaOf(
  known: ReadonlyMap<string, Findable>,
  now: ReadonlyMap<string, Findable>,
): Delta | null {
  const put = [...now.values()].filter((memory) => !isSame(known.get(memory.id), memory));
  const gone = [...known.keys()].filter((id) => !now.has(id));
  return put.length + gone.length === 0 ? null : { put, gone };
}

/** Each revision has another salt; a confirmation raises nothing but itself. */
const isSame = (a: Findable | undefined, b: Findable): boolean =>
  a !== undefined && a.salt === b.salt && a.reinforcements === b.reinforcements && a.scope === b.scope;
