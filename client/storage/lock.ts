// Node only: one holder of a folder at a time, across processes.
import { readFileSync, unlinkSync } from "node:fs";
import { open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JournalBusy } from "../errors.ts";
import { isMissing } from "./atomic.ts";

/**
 * Waits until nobody else holds the folder, and holds it.
 *
 * Every contender creates a claim, a file exclusively named after its process and the time that process began, and holds the folder once it sees
 * no other living claim. Of two contenders the later creator always sees the earlier, so never do both hold. While several wait, all but the
 * first by name withdraw, so that one gets in.
 *
 * A dead process's claim is removed by whoever finds it; since no claim's name is ever used again, that can hit no living one (which a single lock
 * file, deleted by two finders one after the other, could not promise). All contenders must share one machine.
 *
 * @param folder - An existing folder.
 * @param patience - How long to wait, in milliseconds.
 * @param now - The present, in unix milliseconds.
 * @returns Releases the folder; safe to call twice. Leaving the process releases it too.
 * @throws JournalBusy when patience ends.
 */
export async function lockFolder(
  folder: string,
  patience: number,
  now: () => number,
): Promise<() => Promise<void>> {
  const deadline = now() + patience;
  let own = await claim(folder);
  for (;;) {
    const [first] = await otherClaims(folder, own.name);
    if (first === undefined) return own.release;
    if (now() >= deadline) {
      await own.release();
      throw new JournalBusy(folder, first.pid);
    }
    if (first.name > own.name) {
      await sleep(PAUSE);
      continue;
    }
    await own.release();
    await sleep(PAUSE);
    own = await claim(folder);
  }
}

const PAUSE = 10;
const CLAIM = /^\.lock-(\d+)-(\d+)-\d+$/;
let claims = 0;
/** Released claims that a disk would not let go, having become read-only: this process lives on and holds nothing by them. */
const givenUp = new Set<string>();

async function claim(folder: string): Promise<{ name: string; release: () => Promise<void> }> {
  // Padded, so that a process's later claim stands behind its earlier ones.
  const number = String(claims++).padStart(9, "0");
  const name = `.lock-${process.pid}-${beginning(process.pid) ?? "0"}-${number}`;
  const path = join(folder, name);
  try {
    await (await open(path, "wx", 0o600)).close();
  } catch (error) {
    // Another thread of this process counts for itself and was here first: draw the next.
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return claim(folder);
    throw error;
  }
  const onExit = () => {
    try {
      unlinkSync(path);
    } catch {
      // The process is leaving; the next contender finds the claim dead.
    }
  };
  process.once("exit", onExit);
  const release = async () => {
    process.removeListener("exit", onExit);
    // Names are never used again, so a second release hits nobody.
    await unlink(path).catch((error: unknown) => {
      if (!isMissing(error)) givenUp.add(path);
    });
  };
  return { name, release };
}

/** The living claims of others in the order of their names, after removing dead ones. */
async function otherClaims(folder: string, own: string): Promise<{ name: string; pid: number }[]> {
  const found = [];
  for (const name of (await readdir(folder)).sort()) {
    const match = CLAIM.exec(name);
    if (match === null || name === own) continue;
    const pid = Number(match[1]);
    const path = join(folder, name);
    if (!givenUp.has(path) && isAlive(pid, match[2] ?? "")) found.push({ name, pid });
    else
      await unlink(path).then(
        () => givenUp.delete(path),
        () => undefined,
      );
  }
  return found;
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const present = beginning(pid);
  return present === undefined || present === start;
}

/**
 * When a process began, in the kernel's ticks: numbers of processes are used again, and this tells two of one number apart. A zombie holds nothing, so it
 * has no beginning either. Undefined where the system does not tell; then the number alone decides.
 */
function beginning(pid: number): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field, the command, may hold spaces and brackets: count from its end. Field 3 is the state, 22 the start.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "zombie" : fields[19];
  } catch {
    return undefined;
  }
}
