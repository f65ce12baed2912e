import { MayNotPropose, NotSignedBy, ScopeNotGranted } from "../../client/agents.ts";
import * as client from "../../client/index.ts";
import { QuorumMissed, StoreReadOnly, TransactionWaits } from "../../client/stores.ts";
import { HandlerMissing, NotAnAgent, OperatorRequired } from "../agent/faults.ts";
import { chainFault, ChainUnreachable } from "../mcp/faults.ts";
import { PassphraseNeeded, WrongPassphrase } from "./keys.ts";
import {
  InvalidProfileName,
  NoSuchVault,
  ProfileBroken,
  ProfileExists,
  ProfileExposed,
  ProfileMissing,
  UnknownNetwork,
  WhichVault,
} from "./profile.ts";
import { ID_SHOWN } from "./show.ts";
import { BadAccount, NotEnoughFunds } from "./wallet.ts";
import { Interrupted } from "./world.ts";

const { VaultError } = client;

/** What was typed makes no command. */
export class UsageFault extends VaultError {}

/** An agent contract that was asked about a vault which it may not read. */
export class AgentNotGranted extends VaultError {
  constructor(
    readonly agent: string,
    readonly vaultId: string,
  ) {
    super(
      `${agent} has no grant to read vault ${vaultId}, so it takes no question about it. Its owner makes one: memvault grant --to ${agent}.`,
    );
  }
}

/** An agent contract that takes questions of a vault's owner alone. */
export class AskerNotOwner extends VaultError {
  constructor(
    readonly agent: string,
    readonly vaultId: string,
    readonly account: string,
  ) {
    super(
      `${agent} is asked by a vault's owner alone, and ${account} is not the owner of ${vaultId}. Ask from the owner's account, or about your own vault.`,
    );
  }
}

/** A contract that took a question, and made no request of it. */
export class NothingRequested extends VaultError {
  constructor(
    readonly agent: string,
    readonly transaction: string,
  ) {
    super(
      `${agent} made no request of the question in ${transaction}: nobody will answer it. Ask its author.`,
    );
  }
}

/** Something that cannot be undone was not confirmed. */
export class NotConfirmed extends VaultError {
  constructor(why: string) {
    super(`${why} Nothing was done.`);
  }
}

/** The local chain is not running. */
export class DevNotRunning extends VaultError {
  constructor() {
    super("The local chain is not running. Start it: memvault dev --detach");
  }
}

/** The local chain did not start. */
export class DevFailed extends VaultError {
  constructor(
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`The local chain did not start: ${why}`, options);
  }
}

/** A beginning that several memories have in common. */
export class AmbiguousId extends VaultError {
  constructor(
    readonly id: string,
    readonly matches: number,
  ) {
    super(`${id} is the beginning of ${matches} ids. Give more of it.`);
  }
}

/** A memory that stands in one version. */
export class NoConflict extends VaultError {
  constructor(readonly id: string) {
    super(`${id} has one version, and there is nothing to choose: memvault update changes it.`);
  }
}

/** Nothing that an importer knows. */
export class UnknownExport extends VaultError {
  constructor(
    readonly file: string,
    readonly why: string,
  ) {
    super(`${file} is no export that is known here: ${why}. See memvault import --help.`);
  }
}

/** Exports of several tools in one folder: each has its own way of being read. */
export class SeveralExports extends VaultError {
  constructor(
    readonly file: string,
    readonly tools: readonly string[],
  ) {
    super(`${file} holds exports of ${tools.join(", ")}. Name one at a time, by its file or folder.`);
  }
}

/** A file that was named cannot be used. */
export class FileFault extends VaultError {
  constructor(
    readonly file: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`${file} ${why}`, options);
  }
}

/** What the process ends with, and what it means. docs/cli.md has the same table. */
export const EXIT = {
  ok: 0,
  /** A fault that nobody foresaw. */
  unforeseen: 1,
  /** What was typed makes no command. */
  usage: 2,
  /** Something must be set up first: a profile, a vault, a passphrase, a network. */
  setup: 3,
  /** Who asks may not: no grant, or it ended; not the owner. */
  access: 4,
  /** What was read is not what was written: altered, incomplete, rolled back. Trust nothing of it. */
  integrity: 5,
  /** A chain or a store does not answer, or is busy: try again. */
  unavailable: 6,
  /** What was asked for does not exist or does not fit. */
  request: 7,
  /** The account or the contract refuses the transaction. */
  transaction: 8,
  /** Not confirmed. */
  cancelled: 9,
  /** What was looked at is sound, and it is not all: nothing can be said of the rest. */
  undecided: 10,
  interrupted: 130,
} as const;

type Kind = abstract new (...args: never[]) => Error;

const GROUPS: readonly (readonly [number, readonly Kind[]])[] = [
  [EXIT.usage, [UsageFault, InvalidProfileName, StoreReadOnly]],
  [
    EXIT.setup,
    [
      ...[ProfileMissing, ProfileExists, ProfileExposed, ProfileBroken, WrongPassphrase, PassphraseNeeded],
      ...[NoSuchVault, WhichVault, client.NotInitialised, client.AlreadyInitialised, UnknownNetwork],
      ...[
        client.VaultNotFound,
        client.VaultEmpty,
        client.VaultExists,
        client.InvalidWords,
        DevFailed,
        BadAccount,
      ],
      ...[HandlerMissing, NotAnAgent],
    ],
  ],
  [
    EXIT.access,
    [
      ...[client.GrantExpired, client.GrantRevoked, client.NotAMember, client.NotYetAdmitted],
      ...[client.VaultChangedHands, client.OwnerClassOnly, client.OwnerRequired, client.WelcomeRejected],
      ...[client.WelcomeNotStored, OperatorRequired, NotSignedBy, MayNotPropose, ScopeNotGranted],
      ...[AgentNotGranted, AskerNotOwner],
    ],
  ],
  [
    EXIT.integrity,
    [
      ...[client.BlobAltered, client.AlteredError, client.RootMismatch, client.RollbackDetected],
      ...[client.HeadInconsistent, client.ForeignHead, client.WrongKeyError, client.MalformedData],
      ...[client.RpcsDisagree],
    ],
  ],
  [
    EXIT.unavailable,
    [
      ...[
        ChainUnreachable,
        DevNotRunning,
        client.BlobMissing,
        client.StoreUnavailable,
        client.StoreFull,
        QuorumMissed,
        TransactionWaits,
      ],
      ...[client.JournalBusy, client.RaceLost],
    ],
  ],
  [
    EXIT.transaction,
    [
      ...[NotEnoughFunds, client.InsufficientFunds, client.WalletRequired, client.CommitKeyMissing],
      ...[client.ContractRefusal, client.UncertainBatch, NothingRequested],
    ],
  ],
  [EXIT.cancelled, [NotConfirmed]],
];

/** The status that a fault ends the process with. */
export function exitCode(fault: unknown): number {
  if (fault instanceof Interrupted) return EXIT.interrupted;
  const group = GROUPS.find(([, kinds]) => kinds.some((kind) => fault instanceof kind));
  if (group !== undefined) return group[0];
  return fault instanceof VaultError ? EXIT.request : EXIT.unforeseen;
}

/** A fault by its own name: one of a provider that nobody answers becomes {@link ChainUnreachable}. */
export const named = (fault: unknown): unknown => chainFault(fault);

/** What to type, where the library's own sentence names no command. */
function adviceOn(fault: unknown): string {
  if (fault instanceof client.WalletRequired)
    return " --keystore FILE names one, or MEMVAULT_PRIVATE_KEY holds its key.";
  if (fault instanceof client.AlreadyMember)
    return (
      ` Until it is final the same memvault grant collects it, and once it was handed over it is the file that was written then. ` +
      `For other scopes, more time or --propose: memvault revoke ${fault.memberId.slice(0, ID_SHOWN)}, then memvault grant with all of them.`
    );
  if (fault instanceof client.BlobMissing)
    return " If the vault's owner moved its blobs, say where to: memvault move STORE --no-copy.";
  if (fault instanceof client.AlreadyInitialised)
    return " There is nothing to take over or accept for it in this profile.";
  return "";
}

/** A fault as `--json` prints it: name, message, exit code and the values that it carries. */
export function faultJson(fault: unknown): { readonly error: Readonly<Record<string, unknown>> } {
  const code = exitCode(fault);
  if (fault instanceof VaultError) {
    // Own fields that can be listed: what the class says of itself, and its name. Causes and stacks cannot.
    return {
      error: {
        ...Object.fromEntries(Object.entries(fault)),
        name: fault.name,
        message: fault.message + adviceOn(fault),
        exitCode: code,
      },
    };
  }
  if (fault instanceof Interrupted)
    return { error: { name: "Interrupted", message: interruptedText(fault), exitCode: code } };
  return {
    error: { name: fault instanceof Error ? fault.name : "Error", message: textOf(fault), exitCode: code },
  };
}

/** A fault as a person reads it. Only what nobody foresaw comes with a stack, and only when it is asked for. */
export function faultText(fault: unknown, debug: boolean): string {
  if (fault instanceof Interrupted) return interruptedText(fault);
  if (debug && fault instanceof Error) return fault.stack ?? fault.message;
  if (fault instanceof VaultError) return fault.message + adviceOn(fault);
  return `${textOf(fault)}\nThis was not foreseen. With MEMVAULT_DEBUG=1 it says where it happened.`;
}

const interruptedText = ({ message }: Interrupted): string => `Interrupted. ${message}`.trimEnd();

const textOf = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault));
