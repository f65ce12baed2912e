import { PERMISSION, type GrantEntry } from "../../../../../client/index.ts";
import { countText } from "../../ui/texts.ts";

/** Where a grant stands. */
export type GrantState =
  | { readonly kind: "inForce" }
  | { readonly kind: "ending"; readonly days: number }
  | { readonly kind: "expired" }
  | { readonly kind: "endedOnChain" }
  | { readonly kind: "revoking" };

/** Days before its end from which on a grant is shown as ending. */
const SOON = 14;

/**
 * Where a grant stands.
 *
 * @param time - the chain's, in unix seconds.
 * @param revoking - whether its end waits on this device for the next commit.
 */
export function grantState(
  { ended, expiresAt }: Pick<GrantEntry, "ended" | "expiresAt">,
  time: number,
  revoking: boolean,
): GrantState {
  if (revoking) return { kind: "revoking" };
  if (expiresAt !== null && expiresAt <= time) return { kind: "expired" };
  if (ended) return { kind: "endedOnChain" };
  const days = expiresAt === null ? Infinity : Math.ceil((expiresAt - time) / 86_400);
  return days <= SOON ? { kind: "ending", days } : { kind: "inForce" };
}

/** How a state reads, and how loud it is. */
export interface StateText {
  readonly text: string;
  readonly tone: "good" | "warn" | "bad";
}

/** A state in a few words. */
export function stateText(state: GrantState): StateText {
  switch (state.kind) {
    case "inForce":
      return { text: "in force", tone: "good" };
    case "ending":
      return { text: `ends in ${countText(state.days, "day")}`, tone: "warn" };
    case "expired":
      return { text: "expired: the next commit drops it", tone: "warn" };
    case "endedOnChain":
      return { text: "ended on chain: the next commit drops it", tone: "bad" };
    case "revoking":
      return { text: "revoked here, not in the vault yet", tone: "bad" };
  }
}

/** Whether a state waits for a commit of ours to be done. */
export const isUnfinished = ({ kind }: GrantState): boolean =>
  kind === "expired" || kind === "endedOnChain" || kind === "revoking";

/** Whether a grantee may also propose memories. */
export const mayPropose = ({ permissions }: Pick<GrantEntry, "permissions">): boolean =>
  (permissions & PERMISSION.propose) !== 0;

/** Whether a text that names a grantee is the owner's own words, and not an address or an id. */
export const nameOf = ({ id, grantee, label }: Pick<GrantEntry, "id" | "grantee" | "label">): string =>
  label === "" ? (grantee ?? `reader ${id.slice(0, 8)}`) : label;
