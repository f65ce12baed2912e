import { VaultError } from "../errors.ts";
import { scorePostings } from "./postings.ts";
import {
  byRank,
  ranking,
  wantedBy,
  type Hit,
  type RecallIndex,
  type Searchable,
  type SearchOptions,
} from "./search.ts";
import { termsOf } from "./words.ts";

/**
 * Turns text into vectors, for those who bring a model. None is bundled and none is called by itself: whatever computes the vectors
 * sees the text, so choosing one is the owner's decision. Vectors say nearly what the text says; they stay on the device, and are
 * kept sealed or not at all.
 */
export interface Embedder {
  /** Which model this is: vectors of another name are not compared with its own. */
  readonly name: string;
  /** The length of every vector. */
  readonly dimensions: number;
  /**
   * Embeds texts.
   *
   * @param texts - Memories, or a query.
   * @returns One vector each, in the same order.
   */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

/** What an embedder gave is not what it promised. */
export class EmbeddingInvalid extends VaultError {
  constructor(
    readonly embedder: string,
    readonly reason: string,
  ) {
    super(`The embedder ${embedder} gave ${reason}.`);
  }
}

/** The vectors of memories, of length one, by memory id. */
export interface Vectors {
  readonly embedder: Embedder;
  readonly byId: Map<string, KeptVector>;
}

/** A vector, and the text that it stands for. */
export interface KeptVector {
  readonly text: string;
  readonly vector: Float32Array;
}

/** Texts that an embedder gets at once. */
const BATCH = 64;

/** Makes a set of no vectors. */
export const createVectors = (embedder: Embedder): Vectors => ({ embedder, byId: new Map() });

/**
 * Has vectors stand for some memories and no other; only what is new or changed is embedded.
 *
 * @throws {EmbeddingInvalid} when the embedder gives something else than a vector for each text.
 */
export async function updateVectors(vectors: Vectors, memories: Iterable<Searchable>): Promise<void> {
  const { byId, embedder } = vectors;
  const given = new Map([...memories].map(({ id, text }) => [id, text]));
  for (const [id, { text }] of byId) if (given.get(id) !== text) byId.delete(id);
  const missing = [...given].filter(([id]) => !byId.has(id));
  for (let at = 0; at < missing.length; at += BATCH) {
    const batch = missing.slice(at, at + BATCH);
    const embedded = await embedAll(
      embedder,
      batch.map(([, text]) => text),
    );
    for (const [i, vector] of embedded.entries()) {
      const [id, text] = batch[i] ?? [];
      if (id !== undefined && text !== undefined) byId.set(id, { text, vector });
    }
  }
}

/**
 * Searches by words and by vectors, and fuses both rankings: what either puts high stands high.
 *
 * @param index - Words, over the same memories as the vectors.
 * @throws {EmbeddingInvalid} as {@link updateVectors} does.
 */
export async function searchHybrid<M extends Searchable>(
  index: RecallIndex<M>,
  vectors: Vectors,
  query: string,
  options: SearchOptions = {},
): Promise<Hit<M>[]> {
  const { postings } = index;
  const isWanted = wantedBy(options);
  const [asked] = await embedAll(vectors.embedder, [query]);
  const byWords: Hit<M>[] = [];
  const byVectors: Hit<M>[] = [];
  scorePostings(postings, termsOf(query), (memory, score) => void byWords.push({ memory, score }));
  for (const [id, { vector }] of vectors.byId) {
    const memory = postings.byId.get(id)?.memory;
    if (memory !== undefined && asked !== undefined) byVectors.push({ memory, score: dot(asked, vector) });
  }
  const order = (hits: readonly Hit<M>[]): string[] =>
    hits
      .filter(({ memory }) => isWanted(memory))
      .sort(byRank)
      .slice(0, CONSIDERED)
      .map(({ memory }) => memory.id);
  const { take, hits } = ranking<M>(options);
  for (const [id, score] of fuse([order(byWords), order(byVectors)])) {
    const memory = postings.byId.get(id)?.memory;
    if (memory !== undefined) take(memory, score);
  }
  return hits();
}

/** What stands lower in a ranking adds nothing that is seen. */
const CONSIDERED = 200;

/** The constant of the paper: it keeps one first place from outweighing two second ones. */
const FUSION_K = 60;

/**
 * Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): rankings whose scores cannot be compared, by their places alone.
 *
 * @param rankings - Ids, the best first.
 * @returns The sum of 1 / (60 + place) of each.
 */
export function fuse(rankings: readonly (readonly string[])[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const ranking of rankings)
    for (const [at, id] of ranking.entries()) sums.set(id, (sums.get(id) ?? 0) + 1 / (FUSION_K + at + 1));
  return sums;
}

async function embedAll(embedder: Embedder, texts: readonly string[]): Promise<Float32Array[]> {
  const { name, dimensions } = embedder;
  const vectors = await embedder.embed(texts);
  if (vectors.length !== texts.length)
    throw new EmbeddingInvalid(name, `${vectors.length} vectors for ${texts.length} texts`);
  return vectors.map((vector) => {
    if (vector.length !== dimensions)
      throw new EmbeddingInvalid(name, `${vector.length} dimensions instead of ${dimensions}`);
    const length = Math.sqrt(dot(vector, vector));
    if (!Number.isFinite(length)) throw new EmbeddingInvalid(name, "numbers that are not finite");
    // A vector of nothing is near nothing.
    return length === 0 ? vector.slice() : vector.map((value) => value / length);
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (const [i, value] of a.entries()) sum += value * (b[i] ?? 0);
  return sum;
}
