import { expect } from "chai";

import type { Preview, SyncResult, Vault, VaultOperation } from "../../../client/index.ts";
import { NotAMember, GrantExpired } from "../../../client/index.ts";
import { isEnd } from "../../../apps/web/src/session/faults.ts";
import { syncSentences } from "../../../apps/web/src/session/outcomes.ts";
import { commitLabel, ownSentence, waitingHere, waitingOf } from "../../../apps/web/src/session/waiting.ts";
import { faultText } from "../../../apps/web/src/ui/fault-text.ts";
import { memoryJournalStore } from "../../../client/storage/journal-store.ts";
import { writeOperations } from "../../../client/vault/journal.ts";
import { seeded } from "../../helpers/seeded.ts";

/** What is looked at of an operation: its kind, and whom it admits. */
const kinds = (...all: readonly object[]): VaultOperation[] => all as unknown as VaultOperation[];

describe("what waits, as the web app tells it", () => {
  it("counts what a person did, and not what the device does for itself", () => {
    const waiting = waitingOf(
      kinds({ kind: "create" }, { kind: "renew" }, { kind: "note" }, { kind: "admit", class: "reader" }),
    );
    expect(waiting).to.deep.equal({ changes: 2, joins: false, own: true });
    expect(ownSentence(waiting)).to.match(/^A new key of this device/);
  });

  it("has none of what a commit of its own would not write", async () => {
    const vault = {
      journal: {
        ...{ store: memoryJournalStore(), key: new Uint8Array(32), random: seeded("waiting") },
        ref: { chainId: 1n, contract: `0x${"11".repeat(20)}`, vaultId: 7n },
      },
    } as unknown as Vault;
    const note = { kind: "note", id: "01".repeat(16), memberId: "02".repeat(16), erased: 3n } as const;
    await writeOperations(vault.journal, [note]);
    expect(await waitingHere(vault, null)).to.deep.equal([]);
    await writeOperations(vault.journal, [{ kind: "rotate", id: "03".repeat(16), above: 1 }]);
    expect((await waitingHere(vault, null)).map(({ kind }) => kind)).to.deep.equal(["rotate"]);
    expect(waitingOf([note])).to.deep.equal({ changes: 0, joins: false, own: false });
  });

  it("has the same number on every button that commits it", () => {
    expect(commitLabel(kinds({ kind: "create" }, { kind: "forget" }, { kind: "renew" }))).to.equal(
      "Commit 2 changes",
    );
    expect(commitLabel(kinds({ kind: "renew" }))).to.equal("Commit");
  });

  it("says that a recovered browser joins", () => {
    const waiting = waitingOf(kinds({ kind: "admit", class: "owner" }));
    expect(waiting.changes).to.equal(0);
    expect(ownSentence(waiting)).to.match(/^This browser joins your devices/);
  });

  it("has nothing to add to what is counted", () => {
    expect(ownSentence(waitingOf(kinds({ kind: "create" })))).to.equal(null);
  });
});

describe("what a commit did, as the web app tells it", () => {
  const said = (rotated: boolean, ...kinds: readonly string[]): string =>
    syncSentences(
      {
        ...{ sequence: 7n, final: true, receipt: {}, rotated, unsettled: null },
        outcomes: new Map(kinds.map((kind, i) => [String(i), { kind }])),
      } as unknown as SyncResult,
      null,
    ).join(" ");

  it("counts the conflicts that still stand", () => {
    const outcomes = new Map(["a", "b"].map((id) => [id, { kind: "conflict", memory: { id } }]));
    const result = { sequence: 7n, final: true, receipt: {}, rotated: false, unsettled: null, outcomes };
    const told = (standing: readonly string[]): string => {
      const memories = new Map(standing.map((id) => [id, { memory: { id, conflictsWith: "c" } }]));
      return syncSentences(result as unknown as SyncResult, { memories } as unknown as Preview).join(" ");
    };
    expect(told([])).to.equal("Commit 7 has landed and is final: 2 changes.");
    expect(told(["a"])).to.match(
      / 1 change stands beside what was written elsewhere meanwhile: choose on the page Memories\.$/,
    );
    expect(told(["a", "b"])).to.match(/ 2 changes stand beside what was written elsewhere/);
  });

  it("says of keys that changed why they did, above all where nobody asked for it", () => {
    expect(said(false, "put")).to.equal("Commit 7 has landed and is final: 1 change.");
    expect(said(true, "put")).to.match(/All keys were changed, because a grant has ended, /);
    expect(said(true)).to.match(/because a grant has ended, /);
    expect(said(true, "put", "rotated")).to.match(/because another device came before /);
    expect(said(true, "put", "shredded")).to.match(/because memories were shredded\.$/);
    for (const kind of ["admitted", "changed", "dismissed"])
      expect(said(true, kind)).to.match(/because who may read what has changed\.$/);
  });
});

describe("the end of a grant in the web app", () => {
  it("is told by name, in words that a reader can use", () => {
    const { name, message } = faultText(new NotAMember(8));
    expect(name).to.equal("No member any more");
    expect(message)
      .to.match(/revoked or ran out/)
      .and.not.to.match(/keyring|epoch/);
    expect(isEnd(new NotAMember(8))).to.equal(true);
    expect(isEnd(new GrantExpired(5))).to.equal(true);
    expect(isEnd(new Error("offline"))).to.equal(false);
  });
});
