import { expect } from "chai";

import { RecordTooLarge } from "../../../client/errors.ts";
import type { Operation } from "../../../client/memory/operations.ts";
import { preview } from "../../../client/memory/preview.ts";
import { FULL } from "./samples.ts";

const AT = 1_770_000_000_000;
const [A, B, C] = ["a", "b", "c"].map((digit) => digit.repeat(32)) as [string, string, string];
const SCOPES = [{ name: "travel", memories: [FULL] }];
const seen = { memoryId: FULL.id, seenRevision: FULL.revision };
const create: Operation = { kind: "create", id: A, at: AT, scope: "career", text: "New.", type: "semantic" };

const after = (...operations: Operation[]) =>
  [...preview(SCOPES, operations).memories.values()].map(({ memory, scope, pending }) => ({
    ...{ text: memory.text, scope, pending },
  }));

describe("Preview: what waits, laid over what is verified", () => {
  it("is the verified memories when nothing waits", () => {
    expect(after()).to.deep.equal([{ text: FULL.text, scope: "travel", pending: false }]);
  });

  it("shows a memory that was just made, in its scope", () => {
    expect(after(create)).to.deep.include({ text: "New.", scope: "career", pending: true });
  });

  it("applies a change to what waits itself", () => {
    const change: Operation = {
      ...{ kind: "update", id: B, at: AT, memoryId: A, seenRevision: 1 },
      changes: { text: "Newer." },
    };
    const result = after(create, change, { kind: "reinforce", id: C, at: AT, memoryId: A });
    expect(result).to.have.length(2);
    expect(result).to.deep.include({ text: "Newer.", scope: "career", pending: true });
    expect(preview(SCOPES, [create, change]).memories.get(A)?.memory.revision).to.equal(2);
  });

  it("keeps a memory in its scope when it changes, and takes it away when it is forgotten", () => {
    const changes = { text: "Changed." };
    expect(after({ kind: "update", id: B, at: AT, ...seen, changes })).to.deep.equal([
      { text: "Changed.", scope: "travel", pending: true },
    ]);
    expect(after({ kind: "forget", id: B, at: AT, ...seen })).to.deep.equal([]);
  });

  it("sets a change of what is no longer so beside it, in the same scope", () => {
    const stale: Operation = {
      ...{ kind: "update", id: B, at: AT, memoryId: FULL.id, seenRevision: FULL.revision + 1 },
      changes: { text: "Beside." },
    };
    expect(after(stale)).to.deep.equal([
      { text: FULL.text, scope: "travel", pending: false },
      { text: "Beside.", scope: "travel", pending: true },
    ]);
  });

  it("takes away all versions of what is shredded, and what waits for them", () => {
    const stale: Operation = {
      ...{ kind: "update", id: B, at: AT, memoryId: FULL.id, seenRevision: FULL.revision + 1 },
      changes: { text: "Beside." },
    };
    const shred = { kind: "shred", id: C, memoryIds: [B] } as const;
    const laid = preview(SCOPES, [create, stale, shred]).memories;
    expect([...laid.keys()]).to.deep.equal([A]);
    expect(preview(SCOPES, [shred, stale]).memories.size).to.equal(2);
  });

  it("changes nothing for a memory that is not there", () => {
    expect(after({ kind: "forget", id: B, at: AT, memoryId: C, seenRevision: 1 })).to.have.length(1);
    expect(after({ kind: "reinforce", id: B, at: AT, memoryId: C })).to.have.length(1);
  });

  it("names what no record can hold, and leaves the memory as it was", () => {
    const changes = { metadata: { large: "x".repeat(70_000) } };
    const { memories, refused } = preview(SCOPES, [{ kind: "update", id: B, at: AT, ...seen, changes }]);
    expect(refused.get(B)).to.be.instanceOf(RecordTooLarge);
    expect(memories.get(FULL.id)).to.deep.equal({ memory: FULL, scope: "travel", pending: false });
  });
});
