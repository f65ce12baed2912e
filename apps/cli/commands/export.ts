import { writeFile } from "node:fs/promises";
import path from "node:path";

import { scopeName, type Previewed } from "../../../client/index.ts";
import {
  encryptExport,
  exportJsonLines,
  exportMarkdown,
  exportPam,
  type ExportReader,
  type ScopeMemories,
} from "../../../client/exporters/index.ts";
import type { Cli, Report } from "../cli.ts";
import { FileFault, UsageFault } from "../faults.ts";
import { chosen, look } from "../look.ts";
import { granteeOf } from "../grantee.ts";
import { list } from "../parse.ts";
import { idText } from "../profile.ts";
import { newPassphrase, type OpenVault, type Session } from "../session.ts";
import { count, size } from "../terminal.ts";

interface Options {
  readonly format: string;
  readonly out?: string;
  readonly scope?: string;
  readonly to?: readonly string[];
  readonly passphrase?: boolean;
  readonly force?: boolean;
}

const ENDINGS: Readonly<Record<string, string>> = { pam: "pam.json", jsonl: "jsonl", markdown: "md" };

export const addExport = (cli: Cli): void => {
  cli
    .add<Options>(
      {
        usage: "export",
        summary: "Write memories to a file that other tools open",
        about:
          "Portable AI Memory, JSON lines or Markdown; plain, or inside an age file that the stock `age` opens. Keys and grants\n" +
          "are never in it. Where nobody can be asked, the passphrase is MEMVAULT_EXPORT_PASSPHRASE.",
        examples: [
          "memvault export --out memories.pam.json",
          "memvault export --format markdown --scope travel --out -",
          "memvault export --passphrase --out memories.age",
          "memvault export --to age1… --to friend/recipient.txt --out memories.age",
        ],
        options: [
          ["-o, --out <file>", "where to; - for stdout"],
          ["-s, --scope <names>", "only these, with commas between"],
          ["--to <recipients...>", "encrypt to age recipients, or files that hold one; all of one kind"],
          ["--passphrase", "encrypt under a passphrase"],
          ["--force", "write over a file that is there"],
        ],
      },
      write,
    )
    .option("-f, --format <format>", "pam, jsonl or markdown", "pam");
};

async function write(session: Session, options: Options): Promise<Report | null> {
  const { format, scope, force = false } = options;
  if (ENDINGS[format] === undefined)
    throw new UsageFault(`--format is pam, jsonl or markdown, not ${format}.`);
  const toStdout = options.out === "-";
  if (toStdout && session.globals.json === true)
    throw new UsageFault("Either --json or --out -: both are stdout.");
  const open = await session.vault(null);
  const sight = await look(open.vault);
  const found = chosen(sight, scope === undefined ? {} : { scope: list(scope).map(scopeName) });
  const text = render(format, found, open, session);
  const reader = await readerOf(session, options);
  const bytes = reader === null ? new TextEncoder().encode(text) : await encrypted(text, reader);
  if (toStdout) {
    session.world.stdout.write(reader === null ? text : bytes);
    return null;
  }
  const ending = `${ENDINGS[format]}${reader === null ? "" : ".age"}`;
  const file = path.resolve(options.out ?? `memories.${ending}`);
  await writeFile(file, bytes, { mode: 0o600, flag: force ? "w" : "wx" }).catch((cause: unknown) => {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    throw new FileFault(file, exists ? "is there already: --force writes over it." : "cannot be written.", {
      cause,
    });
  });
  const waiting = found.filter(({ pending }) => pending).length;
  return {
    json: {
      file,
      format,
      encrypted: reader !== null,
      memories: found.length,
      pending: waiting,
      bytes: bytes.length,
    },
    lines: [
      `${count(found.length, "memory", "memories")} in ${file} (${size(bytes.length)}${reader === null ? ", plain text" : ", encrypted"}).`,
      ...(waiting > 0 ? [`${count(waiting, "of them is", "of them are")} not committed yet.`] : []),
      ...(reader !== null && isClassic(reader)
        ? ["A classic recipient is not post-quantum: whoever keeps the file may open it one day."]
        : []),
    ],
  };
}

function render(
  format: string,
  found: readonly Previewed[],
  { vault }: OpenVault,
  { world }: Session,
): string {
  const byScope = new Map<string, Previewed["memory"][]>();
  for (const { scope, memory } of found) byScope.set(scope, [...(byScope.get(scope) ?? []), memory]);
  const scopes: ScopeMemories[] = [...byScope].map(([name, memories]) => ({ name, memories }));
  const { chainId, contract, vaultId } = vault.ref;
  if (format === "jsonl") return exportJsonLines(scopes);
  if (format === "markdown") return exportMarkdown(scopes);
  return exportPam(scopes, {
    owner: { id: `eip155:${chainId}:${contract}/${idText(vaultId)}` },
    now: world.now(),
  });
}

async function readerOf(
  { world }: Session,
  { to, passphrase = false }: Options,
): Promise<ExportReader | null> {
  if (to !== undefined && passphrase)
    throw new UsageFault("Either --to or --passphrase: age has no file for both.");
  if (to !== undefined) return { recipients: await Promise.all(to.map(granteeOf)) };
  return passphrase
    ? { passphrase: await newPassphrase(world, world.env.MEMVAULT_EXPORT_PASSPHRASE ?? "") }
    : null;
}

const encrypted = (text: string, reader: ExportReader): Promise<Uint8Array> =>
  encryptExport(text, reader).catch((fault: unknown) => {
    throw fault instanceof RangeError ? new UsageFault(`${fault.message}.`) : fault;
  });

const isClassic = (reader: ExportReader): boolean =>
  "recipients" in reader && reader.recipients.some((recipient) => !recipient.startsWith("age1pq1"));
