import type { AuditedAnswer, Exchange, GrantPeriod, ReceiptAudit } from "../../client/agents.ts";
import type { Report } from "./cli.ts";
import { EXIT } from "./faults.ts";
import { iso } from "./show.ts";
import { count, day, hidden, quoted } from "./terminal.ts";

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
  status: statusOf(audit),
});

const statusOf = (audit: ReceiptAudit): number => {
  if (audit.sound) return EXIT.ok;
  return falseOnes(audit) > 0 ? EXIT.integrity : EXIT.undecided;
};

const falseOnes = ({ totals }: ReceiptAudit): number =>
  totals.noSuchHead + totals.beforeGrant + totals.afterGrant;

function auditJson(audit: ReceiptAudit, withText: boolean) {
  const { agent, sequence, sound, complete, questionsComplete, malformed, totals, periods, exchanges } =
    audit;
  const shown = <T extends { readonly data: Uint8Array; readonly time: number }>({
    data,
    time,
    ...rest
  }: T) => ({
    ...{ ...rest, time: iso(time * 1_000), bytes: data.length },
    ...(withText ? { text: textOf(data) } : {}),
  });
  return {
    ...{ agent, sequence, sound, complete, questionsComplete, malformed, totals },
    grants: periods.map((period) => ({ ...period, expiresAt: iso(period.expiresAt * 1_000) })),
    exchanges: exchanges.map(({ requestId, question, answer }) => ({
      requestId,
      question: question === null ? null : shown(question),
      answer: answer === null ? null : shown(answer),
    })),
  };
}

function auditLines(audit: ReceiptAudit, withText: boolean): string[] {
  const { agent, sequence, periods, exchanges, sound, totals } = audit;
  const answered = Object.values(totals).reduce((sum, each) => sum + each, 0);
  const asked = new Set(exchanges.flatMap(({ question }) => question?.transaction ?? [])).size;
  return [
    ...warnings(audit),
    `Agent ${agent}, held against head ${sequence} and the log of the vault.`,
    ...(periods.length === 0 ? ["It was never granted anything here."] : periods.map(periodLine)),
    ...exchanges.flatMap((exchange) => exchangeLines(exchange, withText)),
    `${count(asked, "question")}, ${count(answered, "answer")}: ${totals.rests} rest on a head of the vault, ${totals.none} ` +
      `without a receipt, ${falseOnes(audit)} false.`,
    sound
      ? "A receipt says which head was named, not that the answer follows from it."
      : "NOT SOUND, as said above.",
  ];
}

/** What is wrong stands first: the contract that did it writes as many lines below as it pays for. */
function warnings(audit: ReceiptAudit): string[] {
  const { complete, questionsComplete, malformed } = audit;
  const wrong = falseOnes(audit);
  return [
    ...(wrong === 0
      ? []
      : [
          `NOT SOUND: ${count(wrong, "false answer")}. No honest agent gives one: memvault revoke ends its grant.`,
        ]),
    ...(complete
      ? []
      : [
          "NOT SOUND: the contract logged more answers. These are the newest, and of those before nothing is known.",
        ]),
    ...(malformed === 0
      ? []
      : [`NOT SOUND: ${count(malformed, "event")} of the contract's in a form that nobody can read.`]),
    ...(questionsComplete ? [] : ["It was asked more: these are the newest questions."]),
  ];
}

const periodLine = ({ block, expiresAt, ended }: GrantPeriod): string =>
  `Granted in block ${block}, ${ended === null ? `until ${day(expiresAt * 1_000)}` : `ended in block ${ended}`}.`;

function exchangeLines({ requestId, question, answer }: Exchange, withText: boolean): string[] {
  const said = (data: Uint8Array): string[] => (withText ? [`    ${shownText(data)}`] : []);
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

/** Somebody else's text: on one line, and nothing in it that a terminal obeys or nobody sees. */
function shownText(data: Uint8Array): string {
  const text = textOf(data);
  if (text === null) return `sealed, ${count(data.length, "byte")}`;
  const mark = hidden(text);
  return `${quoted(text, TEXT_SHOWN)}${mark === "" ? "" : `, ${mark}`}`;
}
