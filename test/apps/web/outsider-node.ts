import { JsonRpcApiProvider, type JsonRpcPayload, type JsonRpcResult } from "ethers";

import type { Deployment } from "../../../client/index.ts";
import type { World } from "../../helpers/world.ts";

/** A node as a stranger meets it, which has nothing of what another connection was told. */
export class FreshProvider extends JsonRpcApiProvider {
  readonly asked: string[] = [];

  constructor(
    private readonly world: World,
    private readonly refuse: (method: string, params: readonly unknown[]) => string | null = () => null,
    /** What it says besides, of what strangers logged. */
    private readonly besides: (method: string, params: readonly unknown[]) => readonly unknown[] = () => [],
  ) {
    super(31_337, { staticNetwork: true, batchMaxCount: 1, cacheTimeout: -1 });
    this._start();
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const all = Array.isArray(payload) ? payload : [payload];
    return Promise.all(
      all.map(async ({ id, method, params }) => {
        this.asked.push(method);
        const list = params as readonly unknown[];
        const message = this.refuse(method, list);
        if (message !== null) return { id, error: { code: -32_005, message } } as unknown as JsonRpcResult;
        const result: unknown = await this.world.connection.provider.request({ method, params: [...list] });
        const more = this.besides(method, list);
        return { id, result: more.length === 0 ? result : [...(result as unknown[]), ...more] };
      }),
    );
  }
}

/** Where the suite of a world lies. */
export const deploymentOf = async ({ keyRegistry, blobLog, address }: World): Promise<Deployment> => ({
  ...{ chainId: 31_337n, memoryVault: address, block: 0 },
  keyRegistry: await keyRegistry.getAddress(),
  blobLog: await blobLog.getAddress(),
});
