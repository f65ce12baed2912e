import { getAddress, ZeroHash } from "ethers";

import type { AccessRequest, CheckedRequest, RequestState } from "../../../../../client/agents.ts";
import { InvalidExpiry, PERMISSION } from "../../../../../client/index.ts";
import { RequestOver, RequestTooLong } from "./errors.ts";
import { MOST_DAYS } from "./terms.ts";

/** How the states of a request read. */
export const REQUEST_STATES: Readonly<Record<RequestState, string>> = {
  waiting: "waits for you",
  accepting: "begun, not done: accept it again to go on",
  accepted: "accepted",
  refused: "refused",
};

/** Whether a request can still be decided. */
export const isOpen = (state: RequestState): boolean => state === "waiting" || state === "accepting";

/** Whether a request asks to propose memories as well. */
export const asksToPropose = ({ permissions }: AccessRequest): boolean =>
  (permissions & PERMISSION.propose) !== 0;

/** Who stands behind a request, as far as a signature shows it. */
export function accountText({ request, signedBy, isContract, operator }: CheckedRequest): string {
  const account = `${getAddress(request.account)}, ${isContract ? "a contract" : "an account of a key"}`;
  if (signedBy.as === "operator")
    return `${account}; its operator ${signedBy.signer} reads what it is granted`;
  if (operator === null) return account;
  return `${account}; it names ${operator} as its operator, which did not sign this: whoever holds the key reads`;
}

/** Who signed. */
export const signerText = ({ signedBy }: CheckedRequest): string =>
  signedBy.as === "operator" ? `its operator ${signedBy.signer}` : "the account itself";

/** What a checked request does not show, for whoever decides on it. */
export const notProven = ({ key }: CheckedRequest): string[] => [
  "That the purpose is true. It is the agent's own words.",
  "Who is behind the account, and whom it passes on what it reads.",
  "That the key is the agent's: compare its digest with what the agent shows you.",
  key.attestationDigest === ZeroHash
    ? "Where the key is kept: nothing vouches for that."
    : "Where the key is kept: it was published with an attestation, which this page does not verify. memvault grant --require-attestation does.",
];

/**
 * What keeps a request from being accepted here although it is in order: nobody is asked for what one would not grant by hand.
 *
 * @param time - the chain's, in unix seconds.
 */
export const tooLong = ({ expiresAt }: AccessRequest, time: number): boolean =>
  expiresAt > time + MOST_DAYS * 86_400;

/** Days that a request would be granted for, from now. */
export const daysOf = ({ expiresAt }: Pick<AccessRequest, "expiresAt">, time: number): number =>
  Math.ceil((expiresAt - time) / 86_400);

/** What is wrong with a request's end, by dates: the client counts seconds. All else is left as it is. */
export function inDates(fault: unknown): unknown {
  if (!(fault instanceof InvalidExpiry)) return fault;
  const { expiresAt, now } = fault;
  return expiresAt > now ? new RequestTooLong(daysOf(fault, now), MOST_DAYS) : new RequestOver(expiresAt);
}

/** Scopes of a request that the vault does not have: a grant would make them, for good. */
export const newScopes = ({ scopes }: AccessRequest, known: ReadonlyMap<string, number>): string[] =>
  scopes.filter((name) => !known.has(name));
