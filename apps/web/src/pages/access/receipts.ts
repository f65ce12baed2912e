import type { AuditedAnswer, ReceiptAudit } from "../../../../../client/agents.ts";
import { countText, numberText } from "../../ui/texts.ts";

/** What an agent's receipts come to. */
export interface SeenText {
  readonly text: string;
  readonly tone: "good" | "warn" | "bad";
}

/** What an agent's receipts come to, in a sentence: which head it named last, or what is wrong. */
export function seenText(audit: ReceiptAudit): SeenText {
  const { totals, sequence, complete, malformed } = audit;
  const wrong = totals.noSuchHead + totals.beforeGrant + totals.afterGrant;
  if (wrong > 0)
    return {
      text: `has left ${countText(wrong, "false receipt")}. No honest agent does: revoke it.`,
      tone: "bad",
    };
  if (malformed > 0)
    return { text: `has logged ${countText(malformed, "event")} that nobody can read.`, tone: "bad" };
  const seen = newestSeen(audit);
  const text =
    seen === null
      ? "has left no receipt."
      : `says that it has seen commit ${numberText(seen)} of ${numberText(sequence)}.`;
  if (!complete) return { text: `${text} It answered more than could be looked at.`, tone: "bad" };
  return { text, tone: seen === null ? "warn" : "good" };
}

/** The newest head that a receipt which rests names; `null` for none. */
function newestSeen({ exchanges }: ReceiptAudit): bigint | null {
  const named = exchanges.flatMap(({ answer }) => (answer?.verdict === "rests" ? [answer.sequence] : []));
  return named.reduce<bigint | null>((most, each) => (most === null || each > most ? each : most), null);
}

/** What a receipt is worth, in words. */
export function verdictText({ verdict, sequence, behind, memories }: AuditedAnswer): string {
  switch (verdict) {
    case "none":
      return "no receipt";
    case "rests": {
      const age = behind === 0n ? "the newest then" : `${countText(Number(behind ?? 0n), "commit")} behind`;
      const known = memories === null ? "" : `; ${countText(memories, "memory", "memories")} of its scopes`;
      return `rests on commit ${numberText(sequence)}, ${age}${known}`;
    }
    case "noSuchHead":
      return `false: the vault had no such commit ${numberText(sequence)} then`;
    case "beforeGrant":
      return "false: it is from before the grant began";
    case "afterGrant":
      return "false: answered after the grant had ended";
  }
}
