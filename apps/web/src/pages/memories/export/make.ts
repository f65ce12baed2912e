import { encryptExport, type ExportReader } from "../../../../../../client/exporters/index.ts";
import type { Vault } from "../../../../../../client/index.ts";
import { look } from "../sight.ts";
import { ExportRefused } from "./errors.ts";
import { chosenFrom, ENDINGS, render, type Format } from "./render.ts";

/** What the person asked for. */
export interface ExportRequest {
  readonly format: Format;
  readonly scopes: ReadonlySet<string>;
  /** Who opens it; `null`: anybody who gets the file. */
  readonly reader: ExportReader | null;
}

/** A file to be saved. */
export interface ExportFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The commit that it is as of. */
  readonly sequence: bigint;
  readonly memories: number;
  /** How many of them no commit has yet. */
  readonly waiting: number;
  readonly encrypted: boolean;
  /** Whether one of its recipients is not post-quantum. */
  readonly classic: boolean;
}

/**
 * Makes the file of an export, of the vault as it is now, with what waits on this device.
 *
 * @param encrypt - `encryptExport`, or what has a worker do it: stretching a passphrase takes seconds.
 * @throws {ExportRefused} when there is nothing to export, or nobody who could open it.
 */
export async function makeExport(
  vault: Vault,
  request: ExportRequest,
  encrypt: typeof encryptExport = encryptExport,
): Promise<ExportFile> {
  const { format, reader } = request;
  const { sequence, memories } = await look(vault);
  const found = chosenFrom(memories.values(), request.scopes);
  if (found.length === 0) throw new ExportRefused("none of the chosen scopes has a memory. Choose another");
  const text = render(format, found, vault.ref, vault.now());
  return {
    name: `memories.${ENDINGS[format]}${reader === null ? "" : ".age"}`,
    bytes: new Uint8Array(
      reader === null ? new TextEncoder().encode(text) : await sealed(text, reader, encrypt),
    ),
    ...{ sequence, memories: found.length, encrypted: reader !== null, classic: isClassic(reader) },
    waiting: found.filter(({ pending }) => pending).length,
  };
}

const sealed = (text: string, reader: ExportReader, encrypt: typeof encryptExport): Promise<Uint8Array> =>
  encrypt(text, reader).catch((fault: unknown) => {
    throw fault instanceof RangeError ? new ExportRefused(fault.message) : fault;
  });

const isClassic = (reader: ExportReader | null): boolean =>
  reader !== null &&
  "recipients" in reader &&
  reader.recipients.some((recipient) => !recipient.startsWith("age1pq1"));

/** Recipients as a person pastes them: one a line, or with spaces or commas between; comments as age's files have them. */
export const recipientsIn = (text: string): string[] => [
  ...new Set(
    text
      .split("\n")
      .filter((line) => !line.trimStart().startsWith("#"))
      .flatMap((line) => line.split(/[\s,]+/))
      .filter((word) => word !== ""),
  ),
];
