import type { MemoryType } from "../../../../../../client/index.ts";

/** What a person calls a memory of a type. */
export const TYPE_NAMES: Readonly<Record<MemoryType, string>> = { semantic: "Fact", episodic: "Event" };
