import { expect } from "chai";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";

import { makeAwake } from "../../../apps/web/src/device/awake.ts";
import { DeviceLocked } from "../../../apps/web/src/device/errors.ts";
import { OneWait } from "../../../apps/web/src/device/turn-dialog.tsx";
import { AnotherTabWorks, StillAtWork, Turns } from "../../../apps/web/src/device/turns.ts";
import { indexedDbJournalStore, type TabLocks } from "../../../client/browser.ts";
import { JournalBusy } from "../../../client/errors.ts";
import { thrown } from "../../helpers/thrown.ts";
import { sharedLocks } from "./shared-locks.ts";
import { until } from "./wallet-double.ts";

/** Milliseconds. */
const SOON = 20;
const PATIENCE = 50;
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Work that ends when it is told to. */
function work() {
  let end: () => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = () => resolve("done")));
  let began = false;
  return {
    run: () => {
      began = true;
      return ended;
    },
    end: () => end(),
    began: () => began,
  };
}

describe("turns of tabs", () => {
  let locks: TabLocks;

  beforeEach(() => {
    locks = sharedLocks();
  });

  const tab = (shared: TabLocks | null = locks) => {
    const awake = makeAwake();
    const turns = new Turns({ locks: shared, awake, soon: SOON });
    const journal = turns.journal("j", indexedDbJournalStore({ journal: "j", locks, patience: PATIENCE }));
    return { turns, awake, journal };
  };

  it("say why an act waits for another tab, and let it go on by itself", async () => {
    const [a, b, first, second] = [tab(), tab(), work(), work()];
    const one = a.turns.send("v", first.run);
    await until(first.began);
    const two = b.awake.during(() => b.turns.send("v", second.run));
    expect(b.turns.get(), "not at once").to.deep.equal([]);
    expect(b.awake.isBusy()).to.equal(true);
    await until(() => b.turns.get().length === 1);
    expect(second.began()).to.equal(false);
    // Who waits for another tab does no work: the device may lock meanwhile.
    expect(b.awake.isBusy()).to.equal(false);
    expect(a.turns.get()).to.deep.equal([]);
    first.end();
    expect(await one).to.equal("done");
    await until(second.began);
    expect(b.turns.get()).to.deep.equal([]);
    await until(() => b.awake.isBusy());
    second.end();
    expect(await two).to.equal("done");
  });

  it("can be given up, before anything was begun, and end when the device is locked", async () => {
    const [a, b, first, never] = [tab(), tab(), work(), work()];
    const one = a.turns.send("v", first.run);
    for (const [end, kind] of [
      [() => b.turns.get()[0]!.stop!(), AnotherTabWorks],
      [() => b.turns.lock(), DeviceLocked],
    ] as const) {
      const two = thrown(b.turns.send("v", never.run));
      await until(() => b.turns.get().length === 1);
      end();
      expect(await two).to.be.instanceOf(kind);
      expect(b.turns.get()).to.deep.equal([]);
    }
    first.end();
    await one;
    expect(never.began()).to.equal(false);
    expect(await b.turns.send("v", () => Promise.resolve(7))).to.equal(7);
  });

  it("keep acts of one tab in order, send nobody to another one, and leave other vaults alone", async () => {
    const [a, first, second] = [tab(), work(), work()];
    const one = a.turns.send("v", first.run);
    const two = a.turns.send("v", second.run);
    expect(await a.turns.send("w", () => Promise.resolve(7))).to.equal(7);
    await pause(3 * SOON);
    expect(a.turns.get()).to.deep.equal([]);
    expect(second.began()).to.equal(false);
    first.end();
    await one;
    second.end();
    await two;
    expect(await tab(null).turns.send("v", () => Promise.resolve(7))).to.equal(7);
  });

  it("end with work that fails", async () => {
    const [a, b] = [tab(), tab()];
    expect(await thrown(a.turns.send("v", () => Promise.reject(new TypeError("no"))))).to.be.instanceOf(
      TypeError,
    );
    expect(await b.turns.send("v", () => Promise.resolve(7))).to.equal(7);
  });

  it("leave a way out in any case: the wait is given up, or the browser locked", () => {
    const shown = (stop: (() => void) | null): string =>
      renderToStaticMarkup(createElement(OneWait, { wait: { stop }, lock: () => undefined }));
    expect(shown(() => undefined)).to.match(/<button[^>]*>Stop waiting</);
    expect(shown(null)).to.match(/<button[^>]*>Lock</);
  });

  describe("at a journal", () => {
    it("let an act wait for as long as somebody wants it", async () => {
      const [a, b] = [tab(), tab()];
      const release = await a.journal.lock();
      const two = b.turns.act(() => b.journal.lock());
      await until(() => b.turns.get().length === 1);
      await pause(3 * PATIENCE);
      await release();
      await (
        await two
      )();
      expect(b.turns.get()).to.deep.equal([]);
    });

    it("let an act be given up, and hold nothing afterwards", async () => {
      const [a, b] = [tab(), tab()];
      const release = await a.journal.lock();
      const two = thrown(b.turns.act(() => b.journal.lock()));
      await until(() => b.turns.get().length === 1);
      b.turns.get()[0]!.stop!();
      const fault = (await two) as Error;
      expect(fault).to.be.instanceOf(AnotherTabWorks).and.be.instanceOf(JournalBusy);
      expect(fault.message).to.match(/^Another tab of this page is at work/);
      await release();
      await pause(PATIENCE);
      await (
        await a.journal.lock()
      )();
    });

    it("see what sends to its end: it may have noted what it is to do", async () => {
      const [a, b] = [tab(), tab()];
      const release = await a.journal.lock();
      const two = b.turns.send("v", () => b.journal.lock());
      await until(() => b.turns.get().length === 1);
      expect(b.turns.get()[0]!.stop).to.equal(null);
      await release();
      await (
        await two
      )();
    });

    it("tell nobody of what a page does for itself, and name who is at work", async () => {
      const [a, b] = [tab(), tab()];
      const release = await a.journal.lock();
      const fault = thrown(b.journal.lock());
      await pause(2 * SOON);
      expect(b.turns.get()).to.deep.equal([]);
      expect(await fault).to.be.instanceOf(AnotherTabWorks);
      const own = await thrown(a.turns.act(() => a.journal.lock()));
      expect(own).to.be.instanceOf(StillAtWork);
      expect((own as Error).message).to.match(/in this tab is not done yet/);
      expect(a.turns.get()).to.deep.equal([]);
      await release();
      await release();
      await (
        await b.journal.lock()
      )();
    });
  });
});
