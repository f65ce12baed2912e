import { expect } from "chai";

import { makeAwake, type Awake } from "../../../apps/web/src/device/awake.ts";
import { lockWhenIdle } from "../../../apps/web/src/device/idle.ts";
import type { Tabs, TabWord } from "../../../apps/web/src/session/tabs.ts";

const MINUTE = 60_000;

/** Tabs that hear each other, as a browser's do: none hears itself. */
function sharedTabs(): () => Tabs {
  const hearers = new Map<symbol, Set<(word: TabWord) => void>>();
  return () => {
    const own = Symbol();
    hearers.set(own, new Set());
    return {
      tell: (word) => {
        for (const [id, hears] of hearers) if (id !== own) for (const hear of hears) hear(word);
      },
      listen: (hear) => {
        hearers.get(own)!.add(hear);
        return () => void hearers.get(own)!.delete(hear);
      },
    };
  };
}

/** A tab whose person and clock do what the test says. */
class Tab {
  readonly signs = new EventTarget();
  readonly awake: Awake = makeAwake();
  locks = 0;
  readonly end: () => void;
  #look: () => void = () => undefined;

  constructor(clock: { readonly now: () => number }, tabs: Tabs, minutes = 10) {
    const every = (_: number, look: () => void): (() => void) => {
      this.#look = look;
      return () => (this.#look = () => undefined);
    };
    const world = { ...clock, signs: this.signs, every, tabs, awake: this.awake };
    this.end = lockWhenIdle(
      world,
      () => minutes,
      () => this.locks++,
    );
  }

  look(): void {
    this.#look();
  }

  press(): void {
    this.signs.dispatchEvent(new Event("keydown"));
  }
}

describe("a device that nobody uses", () => {
  let time: number;
  let join: () => Tabs;
  const clock = { now: (): number => time };

  beforeEach(() => {
    time = 1_000_000;
    join = sharedTabs();
  });

  it("locks after its minutes, and not before", () => {
    const tab = new Tab(clock, join());
    time += 10 * MINUTE - 1;
    tab.look();
    expect(tab.locks).to.equal(0);
    time += 1;
    tab.look();
    expect(tab.locks).to.equal(1);
  });

  it("begins to count anew with each sign of somebody", () => {
    const tab = new Tab(clock, join());
    for (let minute = 0; minute < 30; minute += 9) {
      time += 9 * MINUTE;
      tab.press();
      tab.look();
    }
    expect(tab.locks).to.equal(0);
  });

  it("locks when the machine slept over it", () => {
    const tab = new Tab(clock, join());
    time += 24 * 60 * MINUTE;
    tab.look();
    expect(tab.locks).to.equal(1);
  });

  it("locks after its minutes where the clock was set back, and tells the others of somebody as before", () => {
    time = 1_800_000_000_000;
    const [here, there] = [new Tab(clock, join()), new Tab(clock, join())];
    const look = (): void => [here, there].forEach((tab) => tab.look());
    here.press();
    time -= 8 * 60 * MINUTE;
    look();
    time += 9 * MINUTE;
    here.press();
    time += 9 * MINUTE;
    look();
    expect([here.locks, there.locks]).to.deep.equal([0, 0]);
    time -= 8 * 60 * MINUTE;
    look();
    time += 10 * MINUTE;
    look();
    expect(here.locks).to.be.greaterThan(0);
    expect(there.locks).to.be.greaterThan(0);
  });

  it("stays open while somebody is in another tab, and locks with all when nobody is", () => {
    const [here, there] = [new Tab(clock, join()), new Tab(clock, join())];
    time += 9 * MINUTE;
    there.press();
    time += 2 * MINUTE;
    here.look();
    there.look();
    expect([here.locks, there.locks]).to.deep.equal([0, 0]);
    time += 8 * MINUTE;
    here.look();
    expect([here.locks, there.locks]).to.deep.equal([1, 1]);
  });

  it("lets what is under way end, and counts from there", async () => {
    const [here, there] = [new Tab(clock, join()), new Tab(clock, join())];
    let finish: () => void = () => undefined;
    const work = here.awake.during(() => new Promise<void>((resolve) => (finish = resolve)));
    time += 9 * MINUTE;
    here.look();
    time += 9 * MINUTE;
    here.look();
    there.look();
    expect([here.locks, there.locks]).to.deep.equal([0, 0]);
    finish();
    await work;
    time += 10 * MINUTE;
    here.look();
    expect(here.locks).to.equal(1);
  });

  it("locks after what is under way when another tab was locked meanwhile", async () => {
    const word = join();
    const tab = new Tab(clock, join());
    let finish: () => void = () => undefined;
    const work = tab.awake.during(() => new Promise<void>((resolve) => (finish = resolve)));
    word.tell("locked");
    expect(tab.locks).to.equal(0);
    finish();
    await work;
    expect(tab.locks).to.equal(1);
  });

  it("is not woken by a key after the time was over, in this tab or by another's word", () => {
    const [word, tab, other] = [join(), new Tab(clock, join()), new Tab(clock, join())];
    time += 8 * 60 * MINUTE;
    tab.press();
    expect([tab.locks, other.locks]).to.deep.equal([1, 1]);
    word.tell("active");
    expect([tab.locks, other.locks]).to.deep.equal([2, 2]);
  });

  it("counts on while it waits for a person, and not while it works beside that", async () => {
    const tab = new Tab(clock, join());
    let answer: () => void = () => undefined;
    const asking = tab.awake.during(() =>
      tab.awake.aside(() => new Promise<void>((resolve) => (answer = resolve))),
    );
    let finish: () => void = () => undefined;
    const other = tab.awake.during(() => new Promise<void>((resolve) => (finish = resolve)));
    time += 11 * MINUTE;
    tab.look();
    expect(tab.locks).to.equal(0);
    finish();
    await other;
    time += 10 * MINUTE;
    tab.look();
    expect(tab.locks).to.equal(1);
    answer();
    await asking;
    expect(tab.awake.isBusy()).to.equal(false);
  });

  it("locks with another tab while it waits for a person, or as soon as it does", async () => {
    const word = join();
    const [waiting, working] = [new Tab(clock, join()), new Tab(clock, join())];
    void waiting.awake.during(() => waiting.awake.aside(() => new Promise(() => undefined)));
    let ask: () => void = () => undefined;
    void working.awake.during(async () => {
      await new Promise<void>((resolve) => (ask = resolve));
      await working.awake.aside(() => new Promise(() => undefined));
    });
    word.tell("locked");
    expect([waiting.locks, working.locks]).to.deep.equal([1, 0]);
    ask();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(working.locks).to.equal(1);
  });

  it("locks at once when another tab was locked and nothing is under way", () => {
    const word = join();
    const tab = new Tab(clock, join());
    word.tell("locked");
    expect(tab.locks).to.equal(1);
  });

  it("counts work that failed as ended", async () => {
    const tab = new Tab(clock, join());
    await tab.awake.during(() => Promise.reject(new Error("no"))).catch(() => undefined);
    expect(tab.awake.isBusy()).to.equal(false);
  });

  it("hears and looks no more when it ended", () => {
    const word = join();
    const tab = new Tab(clock, join());
    tab.end();
    word.tell("locked");
    time += 60 * MINUTE;
    tab.look();
    tab.press();
    expect(tab.locks).to.equal(0);
  });
});
