import type { Memory, Previewed } from "../../../../../../client/index.ts";
import { countText, timeText } from "../../../ui/texts.ts";
import { TYPE_NAMES } from "./names.ts";

/** What is known of a memory beside its text, by name. Values may be somebody else's text. */
export function factsOf({ memory, scope }: Previewed): (readonly [string, string])[] {
  const { source, tags, validUntil, revision } = memory;
  const facts: (readonly [string, string | null])[] = [
    ["Scope", scope],
    ["Type", TYPE_NAMES[memory.type]],
    ["Importance", `${memory.importance} of 100${confirmedText(memory)}`],
    ["Tags", tags.length === 0 ? null : tags.join(", ")],
    ["Valid until", validUntil === null ? null : timeText(validUntil)],
    ["Told", timeText(memory.createdAt)],
    [
      "Changed",
      revision === 1 ? null : `${timeText(memory.updatedAt)}, revision ${revision.toLocaleString()}`,
    ],
    ["Tool", source.tool],
    ["Agent", source.agent],
    ["Conversation", source.thread],
    ...proposalFacts(memory),
    ["Id", memory.id],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

const confirmedText = ({ reinforcements }: Memory): string =>
  reinforcements === 0 ? "" : `, reinforced ${countText(reinforcements, "time")}`;

const PROPOSAL = [
  ["Proposed by", "proposer"],
  ["By grant", "member"],
  ["Proposed in", "transaction"],
] as const;

/** By whom, by which grant and in which transaction it was proposed. Imported memories may say so too, of whatever they like. */
function proposalFacts({ metadata: { proposal } }: Memory): (readonly [string, string])[] {
  if (typeof proposal !== "object" || proposal === null || Array.isArray(proposal)) return [];
  const said = proposal as Readonly<Record<string, unknown>>;
  return PROPOSAL.flatMap(([name, key]) => {
    const value = said[key];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
}

/** Whether an address may be opened: https, and nobody's name and password in it. */
export function isOpenable(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return protocol === "https:" && username === "" && password === "";
}
