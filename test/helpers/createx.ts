import { network } from "hardhat";

import Suite from "../../deploy/modules/Suite.ts";
import { CREATEX } from "../../scripts/standing.ts";
import { rpc } from "./anvil.ts";

/** The code of the CreateX factory, from a chain that Ignition brings it to. */
export async function createXCode(): Promise<string> {
  const connection = await network.create();
  try {
    await connection.ignition.deploy(Suite, { strategy: "create2" });
    return (await connection.provider.request({
      method: "eth_getCode",
      params: [CREATEX, "latest"],
    })) as string;
  } finally {
    await connection.close();
  }
}

/** Puts CreateX where it stands on public chains. */
export async function placeCreateX(url: string, code: string): Promise<void> {
  await rpc(url, "anvil_setCode", [CREATEX, code]);
}
