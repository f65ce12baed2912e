import type { AuditedAnswer, Exchange, GrantPeriod, ReceiptAudit } from "../../client/agents.ts";
import type { Report } from "./cli.ts";
import { EXIT } from "./faults.ts";
import { iso } from "./show.ts";
import { count, day, oneLine } from "./terminal.ts";

/** How much of a text is shown. */
const TEXT_SHOWN = 200;

/**
 * What an agent's receipts are worth, for a program and for a person.
 *
 * @param withText - whether questions and answers are shown as well.
 */
export const receiptReport = (audit: ReceiptAudit, withText: boolean): Report => ({
  json: auditJson(audit, withText),
  lines: auditLines(audit, withText),
  status: audit.sound ? EXIT.ok : EXIT.integrity,
});

function auditJson(audit: ReceiptAudit, withText: boolean) {
  const { agent, sequence, sound, complete, malformed, totals, periods, exchanges } = audit;
  const shown = <T extends { readonly data: Uint8Array; readonly time: number }>({
    data,
    time,
    ...rest
  }: T) => ({
    ...{ ...rest, time: iso(time * 1_000), bytes: data.length },
    ...(withText ? { text: textOf(data) } : {}),
  });
  return {
    ...{ agent, sequence, sound, complete, malformed, totals },
    grants: periods.map((period) => ({ ...period, expiresAt: iso(period.expiresAt * 1_000) })),
    exchanges: exchanges.map(({ requestId, question, answer }) => ({
      requestId,
      question: question === null ? null : shown(question),
      answer: answer === null ? null : shown(answer),
    })),
  };
}

function auditLines(audit: ReceiptAudit, withText: boolean): string[] {
  const { agent, sequence, periods, exchanges, malformed, complete, sound, totals } = audit;
  const answered = Object.values(totals).reduce((sum, each) => sum + each, 0);
  const asked = new Set(exchanges.flatMap(({ question }) => question?.transaction ?? [])).size;
  const wrong = totals.noSuchHead + totals.beforeGrant + totals.afterGrant;
  return [
    `Agent ${agent}, held against head ${sequence} and the log of the vault.`,
    ...(periods.length === 0 ? ["It was never granted anything here."] : periods.map(periodLine)),
    ...exchanges.flatMap((exchange) => exchangeLines(exchange, withText)),
    ...(malformed === 0
      ? []
      : [`${count(malformed, "event")} of the contract's in a form that nobody can read.`]),
    ...(complete ? [] : ["It has logged more: these are the newest."]),
    `${count(asked, "question")}, ${count(answered, "answer")}: ${totals.rests} rest on a head of the vault, ${totals.none} ` +
      `without a receipt, ${wrong} false.`,
    sound
      ? "A receipt says which head was named, not that the answer follows from it."
      : "What is false no honest agent gives: memvault revoke ends its grant.",
  ];
}

const periodLine = ({ block, expiresAt, ended }: GrantPeriod): string =>
  `Granted in block ${block}, ${ended === null ? `until ${day(expiresAt * 1_000)}` : `ended in block ${ended}`}.`;

function exchangeLines({ requestId, question, answer }: Exchange, withText: boolean): string[] {
  const said = (data: Uint8Array): string[] => (withText ? [`    ${quoted(data)}`] : []);
  const asked =
    question === null
      ? "of which the contract logged no question"
      : `by ${question.requester}, ${minute(question.time)} in block ${question.block}${pending(question)}`;
  return [
    `${requestId}  ${asked}`,
    ...(question === null ? [] : said(question.data)),
    ...(answer === null
      ? ["  not answered"]
      : [
          `  answered in ${answer.transaction}, ${minute(answer.time)}${pending(answer)}`,
          `  ${verdictOf(answer)}`,
          ...said(answer.data),
        ]),
  ];
}

const pending = ({ final }: { readonly final: boolean }): string => (final ? "" : ", NOT FINAL YET");

function verdictOf({ verdict, sequence, behind, memories }: AuditedAnswer): string {
  switch (verdict) {
    case "none":
      return "no receipt";
    case "rests": {
      const age = behind === 0n ? "the newest then" : `${count(Number(behind ?? 0n), "commit")} behind`;
      const known = memories === null ? "" : `; ${count(memories, "memory", "memories")} of its scopes`;
      return `rests on head ${sequence}, ${age}${known}`;
    }
    case "noSuchHead":
      return `FALSE: the vault had no such head ${sequence} then`;
    case "beforeGrant":
      return `FALSE: ${sequence === 0n ? "answered" : `head ${sequence}, or the answer, is from`} before the grant began`;
    case "afterGrant":
      return "FALSE: answered after the grant had ended";
  }
}

/** A time to the minute, UTC; one that a calendar does not reach is no reason to fail. */
const minute = (seconds: number): string =>
  String(iso(seconds * 1_000)).replace(/^(.{10})T(.{5}).*$/, "$1 $2 UTC");

/** How an age file begins, which is what a sealed answer is. */
const SEALED = "age-encryption.org/";

const utf8 = new TextDecoder();

const textOf = (data: Uint8Array): string | null => {
  const text = utf8.decode(data);
  return text.startsWith(SEALED) ? null : text;
};

/** Somebody else's text: on one line, and nothing in it that a terminal obeys. */
function quoted(data: Uint8Array): string {
  const text = textOf(data);
  return text === null ? `sealed, ${count(data.length, "byte")}` : `"${oneLine(text, TEXT_SHOWN)}"`;
}
