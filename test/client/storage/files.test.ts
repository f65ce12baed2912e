import { fork } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { JournalBusy, StoreUnavailable } from "../../../client/errors.ts";
import { fileJournalStore } from "../../../client/storage/files.ts";
import { memoryJournalStore } from "../../../client/storage/journal-store.ts";
import { asOrdinaryUser, rejection } from "./helpers.ts";
import { behavesAsJournal } from "./journals.ts";

const holder = new URL("./holder.child.ts", import.meta.url).pathname;
const bytes = (text: string) => new TextEncoder().encode(text);
const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  folders.push(folder);
  return folder;
};
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

behavesAsJournal("memoryJournalStore", () => memoryJournalStore());
behavesAsJournal("fileJournalStore", () => fileJournalStore(join(newFolder(), "a", "b")));

describe("fileJournalStore on disk", () => {
  it("lets nobody else read folder or files", async () => {
    const folder = join(newFolder(), "journal");
    await fileJournalStore(folder).write("op", bytes("sealed"));
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    expect(statSync(join(folder, "op")).mode & 0o777).to.equal(0o600);
  });

  it("names a folder that cannot be written", async () => {
    const folder = newFolder();
    chmodSync(folder, 0o555);
    await asOrdinaryUser(() => rejection(fileJournalStore(folder).write("op", bytes("x")), StoreUnavailable));
  });

  it("keeps the old content when a write fails", async () => {
    const folder = newFolder();
    const journal = fileJournalStore(folder);
    mkdirSync(join(folder, "op"));
    await rejection(journal.write("op", bytes("x")), StoreUnavailable);
    expect(readdirSync(folder)).to.deep.equal(["op"]);
  });

  it("holds its lock across processes until the holder is killed", async function () {
    this.timeout(30_000);
    const folder = newFolder();
    const child = fork(holder, [folder, "hold"], { execArgv: ["--import", "tsx"] });
    await once(child, "message");
    const error = await rejection(fileJournalStore(folder, { patience: 100 }).lock(), JournalBusy);
    expect(error.holder).to.equal(child.pid);
    child.kill("SIGKILL");
    await once(child, "exit");
    const release = await fileJournalStore(folder, { patience: 0 }).lock();
    await release();
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("is released by leaving the process", async function () {
    this.timeout(30_000);
    const folder = newFolder();
    const child = fork(holder, [folder, "leave"], { execArgv: ["--import", "tsx"] });
    await once(child, "exit");
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("is not fooled by a living process with a dead holder's number", async function () {
    if (process.platform !== "linux") this.skip();
    const folder = newFolder();
    writeFileSync(join(folder, `.lock-${process.ppid}-1-0`), "");
    const release = await fileJournalStore(folder, { patience: 0 }).lock();
    expect(existsSync(join(folder, `.lock-${process.ppid}-1-0`))).to.equal(false);
    await release();
  });

  it("loses no step of several processes that count in turn", async function () {
    this.timeout(60_000);
    const folder = newFolder();
    await fileJournalStore(folder).write("count", bytes("0"));
    const children = [1, 2, 3].map(() => fork(holder, [folder, "count"], { execArgv: ["--import", "tsx"] }));
    await Promise.all(children.map((child) => once(child, "exit")));
    expect(readFileSync(join(folder, "count"), "utf8")).to.equal("60");
  });
});
