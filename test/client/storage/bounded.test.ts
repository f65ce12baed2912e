import { expect } from "chai";

import { digestOf, memoryStore, StoreUnavailable, type BlobStore } from "../../../client/index.ts";
import { bounded } from "../../../client/storage/bounded.ts";
import { misbehaving } from "../../helpers/doubles.ts";
import { thrown } from "../../helpers/thrown.ts";

const never = (): Promise<never> => new Promise(() => undefined);
const mute = (faults: Partial<BlobStore> = {}): BlobStore =>
  misbehaving(memoryStore("mute"), {
    ...{ put: never, putAll: never, get: never, has: never, delete: never },
    ...faults,
  });

const after = (milliseconds: number): Promise<string> =>
  new Promise((resolve) => setTimeout(() => resolve("still waiting"), milliseconds));

describe("a store that has to answer in time", () => {
  const blob = new Uint8Array(4);
  const digest = digestOf(blob);
  const calls: Readonly<Record<string, (store: BlobStore) => Promise<unknown> | undefined>> = {
    put: (store) => store.put(blob),
    putAll: (store) => store.putAll?.([blob, blob]),
    get: (store) => store.get(digest),
    has: (store) => store.has(digest),
    delete: (store) => store.delete(digest),
  };

  for (const [name, call] of Object.entries(calls)) {
    it(`is named where its ${name} never ends`, async () => {
      const fault = await thrown(call(bounded(mute(), 20))!);
      expect(fault).to.be.instanceOf(StoreUnavailable).and.include({ store: "mute" });
      expect(fault)
        .to.have.property("message")
        .that.matches(/did not answer in 0\.0[24] seconds.*try again/);
    });
  }

  it("has more time for more blobs", async () => {
    const late = mute({ putAll: () => after(60).then(() => undefined) });
    expect(await thrown(bounded(late, 20).putAll!([blob]))).to.be.instanceOf(StoreUnavailable);
    await bounded(late, 40).putAll!([blob, blob, blob]);
  });

  it("is waited for where it is permanent and written to, and not where it is read", async () => {
    const store = bounded(mute({ permanent: true }), 20);
    expect(await Promise.race([store.put(blob), store.putAll!([blob]), after(80)])).to.equal("still waiting");
    expect(await thrown(store.get(digest))).to.be.instanceOf(StoreUnavailable);
  });

  it("is the same in all else, and fails with its own faults", async () => {
    const store = bounded(memoryStore("quick"));
    expect(await store.put(blob)).to.equal(digest);
    expect(await store.get(digest)).to.deep.equal(blob);
    await store.delete(digest);
    expect(await store.has(digest)).to.equal(false);
    expect(store).not.to.have.property("putAll");
    expect(bounded(mute({ maxBlobSize: 65_536, permanent: true }))).to.include({
      ...{ name: "mute", maxBlobSize: 65_536, permanent: true },
    });
    const parts = { stores: [memoryStore()], quorum: 1, asIs: memoryStore() };
    expect(bounded(mute({ parts }))).to.include({ parts });
    const broken = bounded(mute({ get: () => Promise.reject(new Error("its own")) }));
    expect(await thrown(broken.get(digest))).to.match(/its own/);
  });
});
