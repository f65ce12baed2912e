import { expect } from "chai";

import { InvalidName } from "../../../client/errors.ts";
import type { JournalStore } from "../../../client/storage/journal-store.ts";
import { rejection } from "./helpers.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every journal does, wherever it lies. */
export function behavesAsJournal(kind: string, make: () => JournalStore): void {
  describe(kind, () => {
    it("reads what was written last, and null before", async () => {
      const journal = make();
      expect(await journal.read("op-1")).to.equal(null);
      await journal.write("op-1", bytes("one"));
      await journal.write("op-1", bytes("two"));
      expect(await journal.read("op-1")).to.deep.equal(bytes("two"));
    });

    it("lists names in order", async () => {
      const journal = make();
      expect(await journal.list()).to.deep.equal([]);
      for (const name of ["b", "a.cbor", "c-3"]) await journal.write(name, bytes(name));
      expect(await journal.list()).to.deep.equal(["a.cbor", "b", "c-3"]);
    });

    it("removes, and removes again", async () => {
      const journal = make();
      await journal.write("a", bytes("a"));
      await journal.remove("a");
      await journal.remove("a");
      expect(await journal.list()).to.deep.equal([]);
    });

    it("refuses names that could leave the folder or hide in it", async () => {
      const journal = make();
      for (const name of ["", ".", "..", ".lock", "../a", "a/b", "a\\b", "A", "ä", "a\0", "a".repeat(101)]) {
        await rejection(journal.write(name, bytes("x")), InvalidName);
        await rejection(journal.read(name), InvalidName);
        await rejection(journal.remove(name), InvalidName);
      }
    });

    it("lets one holder in at a time", async () => {
      const journal = make();
      let inside = 0;
      const visit = async () => {
        const release = await journal.lock!();
        expect(++inside).to.equal(1);
        await new Promise((resolve) => setTimeout(resolve, 3));
        inside--;
        await release();
        await release();
      };
      await Promise.all([visit(), visit(), visit(), visit()]);
    });
  });
}
