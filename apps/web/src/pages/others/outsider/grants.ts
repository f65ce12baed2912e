import { PERMISSION } from "../../../../../../client/index.ts";
import type { SeenEvent, SeenGrant } from "./seen.ts";

type Open = Omit<SeenGrant, "ended" | "endedBy" | "endedIn" | "stands">;

/**
 * Listed grants, each from its event to whatever ended it: a revoke, another grant to the same account, or a new owner, who voids all.
 *
 * @param events - The vault's, oldest first.
 * @param timeOf - The time of an event's transaction, in Unix seconds; `null` where it was not looked up.
 * @param now - When it is looked at, in Unix seconds.
 */
export function grantsIn(
  events: readonly SeenEvent[],
  timeOf: (event: SeenEvent) => number | null,
  now: number,
): SeenGrant[] {
  const open = new Map<string, Open>();
  const all: SeenGrant[] = [];
  const end = (grantee: string, event: SeenEvent, by: SeenGrant["endedBy"]): void => {
    const grant = open.get(grantee);
    if (grant === undefined) return;
    open.delete(grantee);
    const ended = timeOf(event);
    // What had run out before was not ended by this.
    const early = ended === null || ended < grant.expiresAt;
    const how = early ? { ended, endedBy: by, endedIn: event.block } : UNENDED;
    all.push({ ...grant, ...how, stands: false });
  };
  for (const event of events) {
    const grantee = event.args["grantee"] ?? "";
    if (event.name === "Granted") {
      end(grantee, event, "replaced");
      open.set(grantee, grantOf(event, grantee, timeOf(event)));
    } else if (event.name === "Revoked") end(grantee, event, "revoked");
    else if (event.name === "Transfer") for (const each of [...open.keys()]) end(each, event, "new owner");
  }
  for (const grant of open.values()) all.push({ ...grant, ...UNENDED, stands: now < grant.expiresAt });
  return all.sort((a, b) => a.block - b.block);
}

const UNENDED = { ended: null, endedBy: null, endedIn: null } as const;

function grantOf({ args, hash, block }: SeenEvent, grantee: string, from: number | null): Open {
  const permissions = Number(args["permissions"]);
  return {
    ...{ grantee, block, from, hash },
    mayRead: (permissions & PERMISSION.read) !== 0,
    mayPropose: (permissions & PERMISSION.propose) !== 0,
    expiresAt: Number(args["expiresAt"]),
    welcome: digestIn(args["welcome"]),
  };
}

/** A digest as stores name it; `null` for zeros. */
export const digestIn = (hex = "0x"): string | null => (/^0x0*$/.test(hex) ? null : hex.slice(2));
