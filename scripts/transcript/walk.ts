import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { run } from "../../apps/cli/run.ts";
import type { World } from "../../apps/cli/world.ts";

/** A part of the walk: what it is about, and what is typed. */
interface Part {
  readonly title: string;
  readonly about: string;
  /** Lines as they are typed. `ID` is that of the memory added last. */
  readonly lines: readonly string[];
  /** What the last of them ends with; 0 unless said. */
  readonly status?: number;
}

/** From nothing to a memory that somebody else read, and no longer. */
export const WALK: readonly Part[] = [
  {
    title: "Keys, and 24 words",
    about:
      "The passphrase is asked for twice and never shown. The words are shown once; three of them are asked for, so that they are on\n" +
      "paper before anything depends on them.",
    lines: ["memvault init"],
  },
  {
    title: "A chain, and a vault on it",
    about: "The chain is on this machine: it costs nothing, and nobody else sees it.",
    lines: ["memvault dev --detach", 'memvault mint --label "my vault"'],
  },
  {
    title: "The first memories",
    about: "They are safe on this device at once. One transaction commits any number of them.",
    lines: [
      'memvault add "Prefers window seats" --scope travel',
      'memvault add "Allergic to penicillin" --scope health --importance 90',
      "memvault list",
      "memvault sync",
    ],
  },
  {
    title: "Finding, changing, proving",
    about:
      "Whatever is shown was verified first. `verify` says what was proven, and `bio` tells who you are, without a model.",
    lines: [
      "memvault search window seat",
      "memvault show ID",
      'memvault update ID "Allergic to penicillin and latex" --sync',
      "memvault bio",
      "memvault verify",
    ],
  },
  {
    title: "Somebody else reads a part",
    about:
      "The reader is another profile here; it could be another machine, or an AI tool. It sees what was granted, and nothing else.",
    lines: [
      "memvault --profile doctor init --no-words",
      "memvault grant --to ~/.memvault/profiles/doctor/recipient.txt --scopes health --label doctor --out ~/.memvault/for-doctor.age",
      "memvault --profile doctor accept ~/.memvault/for-doctor.age",
      "memvault --profile doctor list",
      "memvault grants",
    ],
  },
  {
    title: "And no longer",
    about:
      "Every key changes, in one transaction. What was read stays read; the reader's command ends with 4.",
    lines: ["memvault revoke doctor --yes", "memvault --profile doctor list"],
    status: 4,
  },
  {
    title: "Out again",
    about: "Nothing keeps you: the memories leave as Markdown, JSON lines or Portable AI Memory.",
    lines: ["memvault export --format markdown --out -", "memvault dev stop"],
  },
];

const HEAD = `# The first five minutes

What a newcomer types, and what is answered: a real run of the command line on a local chain, written down by \`npm run transcript\`. What differs from
run to run is replaced by a name in angle brackets or by x's. [cli.md](cli.md) says what each command does.
`;

/** What one types at the question for a passphrase. */
const PASSPHRASE = "on paper, in a drawer";

/** A command ended with another status than the walk says. */
class WalkFailed extends Error {
  constructor(line: string, status: number, screen: string) {
    super(`${line} ended with ${status}:\n${screen}`);
  }
}

/** Goes the walk in a home of its own, which is removed, and gives it as a page. */
export async function transcript(): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), "memvault-transcript-"));
  const parts: string[] = [];
  try {
    const seen = { id: "" };
    for (const { title, about, lines, status = 0 } of WALK) {
      const screens: string[] = [];
      for (const [i, line] of lines.entries()) {
        const typed = line.replace(/\bID\b/, seen.id);
        const { code, screen } = await typeLine(typed, home);
        if (code !== (i === lines.length - 1 ? status : 0)) throw new WalkFailed(typed, code, screen);
        seen.id = /^Added (\w+)/m.exec(screen)?.[1] ?? seen.id;
        screens.push(`$ ${typed}\n${screen}`);
      }
      parts.push(
        `\n## ${title}\n\n${about}\n\n\`\`\`console\n${normalised(screens.join("\n"), home)}\`\`\`\n`,
      );
    }
  } finally {
    await typeLine("memvault dev stop", home);
    await rm(home, { recursive: true, force: true });
  }
  return `${HEAD}${parts.join("")}`;
}

/** Types one line, answers what is asked, and sees what a terminal shows. */
async function typeLine(line: string, home: string): Promise<{ code: number; screen: string }> {
  let screen = "";
  const show = (text: string | Uint8Array): void => {
    screen += typeof text === "string" ? text : Buffer.from(text).toString("utf8");
  };
  const world: World = {
    env: { MEMVAULT_HOME: home },
    // A terminal's, except for colours, and for the progress that is drawn on stderr.
    stdout: { isTTY: true, columns: 100, write: show },
    stderr: { write: show },
    input: () => Promise.resolve(""),
    piped: false,
    ask: (question, hidden = false) => {
      const answer = hidden ? PASSPHRASE : answerTo(question, screen);
      show(`${question}${hidden ? "" : answer}\n`);
      return Promise.resolve(answer);
    },
    now: Date.now,
    interrupted: () => Promise.resolve(),
  };
  return { code: await run(argumentsOf(line, home), world), screen };
}

/** The word that is asked for, as it stands on the screen; anything else is confirmed. */
function answerTo(question: string, screen: string): string {
  const place = /^Word (\d+)/.exec(question)?.[1];
  if (place === undefined) return "yes";
  return new RegExp(`^ +(?:\\d+ [a-z]+ +)*${place} ([a-z]+)`, "m").exec(screen)?.[1] ?? "";
}

/** A line's arguments as a shell makes them of it: quotes hold words together, and ~ is the home. */
const argumentsOf = (line: string, home: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, bare = ""]) => quoted ?? bare.replace(/^~\/\.memvault/, home))
    .slice(1);

/** All that differs from run to run, and what stands for it. Where a table needs its width, it stays as wide. */
const VOLATILE: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/^(?: +\d+ [a-z]+)+ *$/gm, (row) => row.replace(/[a-z]+ */g, (word) => "xxxxx".padEnd(word.length))],
  [/Word \d+: [a-z]+/g, "Word <n>: <word>"],
  [/0x[0-9a-fA-F]{64}/g, "0x<64 digits>"],
  [/0x[0-9a-fA-F]{40}/g, "0x<40 digits>"],
  [/0x[0-9a-f]+…/g, "0x<…>"],
  [/\b(?:[0-9a-f]{32}|[0-9a-f]{8})\b/g, (id) => "x".repeat(id.length)],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "YYYY-MM-DDThh:mm:ssZ"],
  [/\b\d{4}-\d\d-\d\d\b/g, "YYYY-MM-DD"],
  [/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>"],
  [/process \d+/g, "process <pid>"],
  [/[\d,]+ gas/g, "<n> gas"],
  // Of an age file, which has a few random bytes.
  [/\([\d.]+ KiB\)/g, "(<n> KiB)"],
];

function normalised(text: string, home: string): string {
  let normal = text.replaceAll(home, "~/.memvault");
  for (const [pattern, stand] of VOLATILE)
    normal = normal.replace(pattern, (found: string) => (typeof stand === "string" ? stand : stand(found)));
  return normal.replace(/ +$/gm, "");
}
