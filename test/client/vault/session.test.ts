import { expect } from "chai";
import { hexlify, JsonRpcProvider } from "ethers";

import { NotInitialised, RollbackDetected, VaultChangedHands } from "../../../client/errors.ts";
import { memoryJournalStore } from "../../../client/storage/journal-store.ts";
import { memoryStore } from "../../../client/storage/store.ts";
import { finalityOf } from "../../../client/vault/contract.ts";
import { decodedHead } from "../../../client/vault/decoded.ts";
import type { MemberState } from "../../../client/vault/journal.ts";
import { checkPin, memberKeys, openedAlready, stateOf, vaultAt } from "../../../client/vault/session.ts";
import { seeded } from "../../helpers/seeded.ts";
import { thrown } from "../../helpers/thrown.ts";
import { EMPTY, REF, Workbench } from "./workbench.ts";

const random = seeded("session");
const stateRoot = hexlify(random(32));
const pin = { sequence: 12n, stateRoot, generation: 3n };
const seen = { ...EMPTY, ...pin };

const state: MemberState = {
  ...{ ref: REF, memberId: "aa".repeat(16), class: "reader", visibilityKey: random(32), locator: random(32) },
  ...{
    identity: null,
    nextIdentity: null,
    secret: random(32),
    epoch: 5,
    welcomeDigest: null,
    ...{ shredSeen: 0n, shredFollowed: 0n },
    admitted: true,
    scopes: [{ id: "bb".repeat(16), name: "health" }],
  },
  ...{ expiresAt: null, grantee: null, genesis: null, enrolling: null, pin },
};

const fault = (head: Partial<typeof seen>, from: MemberState = state): unknown => {
  try {
    checkPin(from, { ...seen, ...head });
    return null;
  } catch (error) {
    return error;
  }
};

describe("pin", () => {
  it("accepts the head that it is of, and every later one", () => {
    expect(fault({})).to.equal(null);
    expect(fault({ sequence: 13n, stateRoot: hexlify(random(32)) })).to.equal(null);
  });

  it("refuses a head below it", () => {
    expect(fault({ sequence: 11n })).to.be.instanceOf(RollbackDetected);
    expect(fault({ sequence: 0n })).to.be.instanceOf(RollbackDetected);
  });

  it("refuses another state root at its sequence", () => {
    const other = hexlify(random(32));
    expect(fault({ stateRoot: other }))
      .to.be.instanceOf(RollbackDetected)
      .and.include({ seen: `12 ${other}` });
  });

  it("names a change of owner, at whatever sequence", () => {
    for (const sequence of [0n, 12n, 99n]) {
      expect(fault({ sequence, generation: 4n })).to.be.instanceOf(VaultChangedHands);
    }
    // A vault that came back is another all the same: its grants ended.
    expect(fault({ generation: 2n })).to.be.instanceOf(VaultChangedHands);
  });

  it("accepts anything where there is none yet", () => {
    expect(fault({ sequence: 0n, generation: 9n }, { ...state, pin: null })).to.equal(null);
  });

  it("bounds how far a member ratchets; without one its welcome's epoch does", () => {
    expect(memberKeys(state)).to.include({ sequence: 12n, epoch: 5, admitted: true });
    expect(memberKeys({ ...state, pin: null })).to.include({ sequence: 5n });
    expect(memberKeys(state).scopes).to.deep.equal(["bb".repeat(16)]);
  });
});

describe("a device that knows nothing of a vault", () => {
  it("says what to do", async () => {
    const vault = vaultAt(REF, {
      ...{
        provider: new JsonRpcProvider("http://127.0.0.1:9", 31_337, { staticNetwork: true }),
        store: memoryStore(),
      },
      ...{ journalStore: memoryJournalStore(), journalKey: random(32) },
    });
    expect(await thrown(stateOf(vault)))
      .to.be.instanceOf(NotInitialised)
      .and.match(/[Mm]int.*accept a welcome.*recover/);
  });
});

describe("a head that was opened already", () => {
  it("counts for the member that opened it, at that head, while its scopes are kept", async () => {
    const bench = new Workbench("opened");
    await bench.commit();
    const opened = decodedHead(await bench.open());
    const vault = { cache: opened.scopes, opened };
    const { chain } = opened;
    expect(openedAlready(vault, opened, chain)).to.equal(opened);
    expect(openedAlready({ ...vault, opened: null }, opened, chain)).to.equal(null);
    expect(openedAlready({ ...vault, cache: new Map() }, opened, chain)).to.equal(null);
    expect(openedAlready(vault, { secret: random(32) }, chain)).to.equal(null);
    expect(openedAlready(vault, opened, { ...chain, stateRoot: hexlify(random(32)) })).to.equal(null);
  });
});

describe("finality", () => {
  it("is the chain's own, and one confirmation on a local chain", () => {
    expect(finalityOf(1n)).to.deep.equal({ tag: "finalized" });
    expect(finalityOf(10_740n)).to.deep.equal({ tag: "finalized" });
    expect(finalityOf(31_337n)).to.deep.equal({ confirmations: 1 });
  });
});
