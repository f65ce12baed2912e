import { readFile } from "node:fs/promises";

import { getAddress } from "ethers";

import {
  requests,
  UnknownRequest,
  type AccessRequest,
  type CheckedRequest,
  type KeptRequest,
} from "../../client/agents.ts";
import { PERMISSION, type Vault } from "../../client/index.ts";
import { FileFault, UsageFault } from "./faults.ts";
import { idText } from "./profile.ts";
import { ID_SHOWN, iso } from "./show.ts";
import { day, facts, hidden, quoted } from "./terminal.ts";
import type { World } from "./world.ts";

/**
 * The line of a request: the text itself, `-` for what is piped in, or the file that holds it.
 *
 * @throws {FileFault} when there is no such file.
 */
export async function requestLine(from: string, world: World): Promise<string> {
  if (from.startsWith("memvault-request:")) return from;
  if (from === "-") return (await world.input()).trim();
  const text = await readFile(from, "utf8").catch((cause: unknown) => {
    throw new FileFault(quoted(from), "cannot be read: name the request's file, or give its text.", {
      cause,
    });
  });
  return text.trim();
}

/**
 * The request that an id, or its beginning, names.
 *
 * @throws {UnknownRequest} when there is none. {UsageFault} when there are several.
 */
export async function requestNamed(vault: Vault, who: string): Promise<KeptRequest> {
  const wanted = who.toLowerCase();
  const found = (await requests(vault)).filter(({ id }) => wanted.length >= 4 && id.startsWith(wanted));
  if (found.length > 1) throw new UsageFault(`${who} fits ${found.length} requests. Give more of it.`);
  if (found[0] === undefined) throw new UnknownRequest(quoted(who.slice(0, 64)));
  return found[0];
}

/** What a request asks for, as `--json` prints it. */
export const requestJson = (request: AccessRequest) => ({
  vaultId: idText(request.ref.vaultId),
  account: getAddress(request.account),
  key: request.recipientDigest,
  scopes: request.scopes,
  propose: mayPropose(request),
  expiresAt: iso(request.expiresAt * 1_000),
  purpose: request.purpose,
  nonce: request.nonce,
});

/** A request that was kept, as `--json` prints it. */
export const keptJson = ({ id, state, label, memberId, request }: KeptRequest) => ({
  ...{ id, state, label, memberId },
  ...requestJson(request),
});

/** A request that was checked, as `--json` prints it. */
export const checkedJson = (checked: CheckedRequest, missing: readonly string[]) => ({
  id: checked.id,
  ...requestJson(checked.request),
  ...{ isContract: checked.isContract, operator: checked.operator, signedBy: checked.signedBy },
  operatorSigned: checked.signedBy.as === "operator",
  newScopes: missing,
});

/** All that a request says, and what was found of who says it. Whatever stands in quotes is somebody else's. */
export function requestPage(
  { id, request, signedBy, isContract, operator, key }: CheckedRequest,
  missing: readonly string[],
): string[] {
  const scopes = request.scopes.map(
    (name) => quoted(name) + (missing.includes(name) ? " (not there yet)" : ""),
  );
  const kind = isContract ? "a contract" : "an account of a key";
  const signed = signedBy.as === "operator";
  // A contract names whom it likes: only a signature shows that one to be behind it.
  const whose = signed
    ? `; its operator ${signedBy.signer} reads what it is granted`
    : operator === null
      ? ""
      : `; it names ${operator} as its operator, which did not sign this: whoever holds the key below reads`;
  const mark = hidden(request.purpose, ...request.scopes);
  return facts([
    ["Request", id.slice(0, ID_SHOWN)],
    ["Vault", idText(request.ref.vaultId)],
    ["Account", `${getAddress(request.account)}, ${kind}${whose}`],
    ["Signed by", signed ? `its operator ${signedBy.signer}` : "the account itself"],
    ["Key", `${key.digest}: compare it with what the agent shows`],
    ["Asks for", scopes.join(", ")],
    ["May", mayPropose(request) ? "read, and propose memories" : "read"],
    ["Until", String(iso(request.expiresAt * 1_000))],
    ["Nonce", request.nonce],
    ["Purpose", `its own words, which nobody checked: ${quoted(request.purpose)}`],
    mark === "" ? null : ["Beware", `the request ${mark}: they are written out as \\u{…}`],
  ]);
}

/** A request in the list of them. */
export const requestRow = ({ id, state, request }: KeptRequest): string[] => [
  ...[id.slice(0, ID_SHOWN), state, getAddress(request.account)],
  ...[shortly(request.scopes.map((name) => quoted(name)).join(", ")), day(request.expiresAt * 1_000)],
];

const shortly = (text: string): string => (text.length <= 40 ? text : `${text.slice(0, 39)}…`);

const mayPropose = ({ permissions }: AccessRequest): boolean => (permissions & PERMISSION.propose) !== 0;
