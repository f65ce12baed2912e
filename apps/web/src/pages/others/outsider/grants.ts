import { PERMISSION } from "../../../../../../client/index.ts";
import type { SeenEvent, SeenGrant } from "./seen.ts";

type Open = Omit<SeenGrant, "ended" | "endedBy" | "stands">;

/**
 * Listed grants, each from its event to whatever ended it: a revoke, another grant to the same account, or a new owner, who voids all.
 *
 * @param events - The vault's, oldest first.
 * @param timeOf - The time of an event's transaction, in Unix seconds.
 * @param now - When it is looked at, in Unix seconds.
 */
export function grantsIn(
  events: readonly SeenEvent[],
  timeOf: (event: SeenEvent) => number,
  now: number,
): SeenGrant[] {
  const open = new Map<string, Open>();
  const all: SeenGrant[] = [];
  const end = (grantee: string, time: number, by: SeenGrant["endedBy"]): void => {
    const grant = open.get(grantee);
    if (grant === undefined) return;
    open.delete(grantee);
    // What had run out before was not ended by this.
    const early = time < grant.expiresAt;
    all.push({ ...grant, ended: early ? time : null, endedBy: early ? by : null, stands: false });
  };
  for (const event of events) {
    const time = timeOf(event);
    const grantee = event.args["grantee"] ?? "";
    if (event.name === "Granted") {
      end(grantee, time, "replaced");
      open.set(grantee, grantOf(event, grantee, time));
    } else if (event.name === "Revoked") end(grantee, time, "revoked");
    else if (event.name === "Transfer") for (const each of [...open.keys()]) end(each, time, "new owner");
  }
  for (const grant of open.values())
    all.push({ ...grant, ended: null, endedBy: null, stands: now < grant.expiresAt });
  return all.sort((a, b) => a.from - b.from);
}

function grantOf({ args, hash }: SeenEvent, grantee: string, from: number): Open {
  const permissions = Number(args["permissions"]);
  return {
    ...{ grantee, from, hash },
    mayRead: (permissions & PERMISSION.read) !== 0,
    mayPropose: (permissions & PERMISSION.propose) !== 0,
    expiresAt: Number(args["expiresAt"]),
    welcome: digestIn(args["welcome"]),
  };
}

/** A digest as stores name it; `null` for zeros. */
export const digestIn = (hex = "0x"): string | null => (/^0x0*$/.test(hex) ? null : hex.slice(2));
