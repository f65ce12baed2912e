import { VaultError } from "../../../../../client/index.ts";
import { dateText, timeText } from "../../ui/texts.ts";
import { inRow } from "./sentences.ts";

/** What was pasted or dropped names nobody. */
export class NoGrantee extends VaultError {
  constructor(readonly why: string) {
    super(
      `Nobody can be granted that: ${why}. Give a key that begins with age1pq1, an address that begins with 0x, or a request that ` +
        "begins with memvault-request:.",
    );
  }
}

/** A picture without a code that could be read. */
export class NoQrCode extends VaultError {
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(
      `No QR code could be read in ${file}. Take the picture closer and sharper, or paste the text.`,
      options,
    );
  }
}

/** A file that is far larger than a key, a request or a picture of one. */
export class FileTooLarge extends VaultError {
  constructor(
    readonly file: string,
    readonly size: number,
    readonly limit: number,
  ) {
    super(
      `${file} has ${size} bytes, and ${limit} are the limit here. Choose another file, or paste the text.`,
    );
  }
}

/** A text that no single code holds. */
export class CodeTooLarge extends VaultError {
  constructor(
    readonly length: number,
    readonly limit: number,
  ) {
    super(`A QR code holds ${limit} characters, and these are ${length}. Hand the file over instead.`);
  }
}

/** What was given where an agent's request belongs is none. */
export class NotARequest extends VaultError {
  constructor() {
    super(
      "That is no request: one begins with memvault-request:. A key or an address goes to “Grant access”.",
    );
  }
}

/** A request for longer than anybody may grant here. */
export class RequestTooLong extends VaultError {
  constructor(
    readonly days: number,
    readonly limit: number,
  ) {
    super(`It asks to read for ${days} days, and ${limit} are the most. Refuse it, or ask for another.`);
  }
}

/** A request whose time is over. */
export class RequestOver extends VaultError {
  constructor(readonly expiresAt: number) {
    super(
      `It asked to read until ${timeText(expiresAt * 1_000)}, which is over. Ask the agent for another request.`,
    );
  }
}

/** A request that was cut, or altered on its way. */
export class RequestBroken extends VaultError {
  constructor(why: string, options?: ErrorOptions) {
    super(`This is no whole request: copy it again. (${why})`, options);
  }
}

/** A grant says something else than what was shown of it. */
export class GrantMoved extends VaultError {
  constructor(
    readonly scopes: readonly string[],
    readonly expiresAt: number | null,
  ) {
    const until = expiresAt === null ? "without an end" : `until ${dateText(expiresAt * 1_000)}`;
    super(
      `Another tab or device changed this grant since it was opened here: it is for ${inRow(scopes)} ${until} now. Close this, look at the ` +
        "grant, and change it again.",
    );
  }
}
