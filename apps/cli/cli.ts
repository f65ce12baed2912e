import type { Command } from "commander";

import type { Globals, Session } from "./session.ts";

/** What a command has done: for a program, and for a person. */
export interface Report {
  /** What `--json` prints. */
  readonly json: Readonly<Record<string, unknown>>;
  /** What is printed otherwise, after what was said on the way. */
  readonly lines?: readonly string[];
  /** What the process ends with: 0 unless what was asked for is done and shows something that is not as it should be. */
  readonly status?: number;
}

/** A command at work: its arguments and options are what commander made of the line. */
export type Action<O> = (session: Session, options: O, args: readonly string[]) => Promise<Report | null>;

/** Where commands are added. */
export interface Cli {
  readonly program: Command;
  /** Adds a command. */
  add<O>(description: Description, action: Action<O>): Command;
}

/** A command as its help shows it. */
export interface Description {
  /** The name, and its arguments: `show <id>`. */
  readonly usage: string;
  /** One sentence without its full stop. */
  readonly summary: string;
  /** What there is to know, below the sentence. */
  readonly about?: string;
  /** Lines that work as they stand. */
  readonly examples: readonly string[];
  /** Below which command; the program unless given. */
  readonly parent?: Command;
  /** `--option <value>`, and what it is. */
  readonly options?: readonly (readonly [flags: string, text: string])[];
}

/** The options that every command takes. */
export const GLOBAL_OPTIONS: readonly (readonly [flags: string, text: string])[] = [
  ["--profile <name>", "which profile; several people or devices can share a machine"],
  ["--vault <id>", "which vault, by id, its beginning, or label; needed only if you have several"],
  ["--rpc <url>", "another network than the profile's, for this once"],
  ["--second-rpc <url>", "another RPC of that network, which must agree with the first"],
  ["--keystore <file>", "the account that pays: an encrypted JSON keystore"],
  ["--store <where>", "where blobs are, if elsewhere than the profile says; see memvault move --help"],
  ["--json", "print one JSON document, and errors as {error: …}"],
  ["-y, --yes", "confirm what would be asked"],
];

export type { Globals };
