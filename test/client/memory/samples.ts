import type { Memory } from "../../../client/memory/record.ts";

/** A memory with something in every field. */
export const FULL: Memory = {
  id: "00112233445566778899aabbccddeeff",
  salt: "ffeeddccbbaa99887766554433221100",
  type: "episodic",
  text: "Took the night train to Zürich 🚂 and slept well.",
  importance: 80,
  reinforcements: 3,
  createdAt: 1_760_000_000_000,
  updatedAt: 1_760_000_000_001,
  validUntil: 1_800_000_000_000,
  source: { tool: "chatgpt", agent: "gpt", thread: "0f3c", url: "https://example.org/c/0f3c" },
  tags: ["travel", "train"],
  revision: 7,
  conflictsWith: "0102030405060708090a0b0c0d0e0f10",
  metadata: { price: 89.5, seats: [41, 42], nested: { deep: [null, true, "x"] }, empty: {} },
};

/** A memory with as little as there can be. */
export const BARE: Memory = {
  id: "00000000000000000000000000000000",
  salt: "00000000000000000000000000000000",
  type: "semantic",
  text: "x",
  importance: 0,
  reinforcements: 0,
  createdAt: 0,
  updatedAt: 0,
  validUntil: null,
  source: { tool: null, agent: null, thread: null, url: null },
  tags: [],
  revision: 1,
  conflictsWith: null,
  metadata: {},
};
