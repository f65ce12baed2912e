import { numberText } from "../ui/texts.ts";
import { AnotherTransaction, TransactionReplaced, WalletUnanswered } from "./errors.ts";
import type { Stage } from "./transactions.ts";

/** How far a transaction is, in a sentence. */
export function stageText(stage: Stage, wallet: string): string {
  switch (stage.kind) {
    case "asking":
      return "Waiting for your answer.";
    case "wallet":
      return `Waiting for your answer in ${wallet}.`;
    case "behind":
      return "Nothing is sent yet: what was sent before is in no block so far. This goes on by itself then.";
    case "sent":
      return stage.lost
        ? "Sent, and the chain does not answer. It may still land: this page looks again by itself."
        : "Sent, and not in a block yet.";
    case "landed":
      return stage.final
        ? `Final, in block ${numberText(stage.block)}.`
        : `In block ${numberText(stage.block)}, and not final yet.`;
    case "failed":
      if (stage.fault instanceof WalletUnanswered) return "Not answered.";
      if (stage.fault instanceof AnotherTransaction) return "Something else was sent.";
      if (stage.fault instanceof TransactionReplaced) return "Another one took its place.";
      return stage.hash === null ? "Not sent." : "Sent, and it did not succeed.";
    case "uncertain":
      return stage.hash === null
        ? "Nobody knows whether it was sent."
        : "Sent, and nobody knows yet whether it landed.";
  }
}
