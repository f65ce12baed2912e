import { expect } from "chai";

import {
  detailsOf,
  isAcceptable,
  leftOut,
  proposalText,
  ruleChoices,
  senderText,
} from "../../../apps/web/src/pages/access/inbox-facts.ts";
import { changedTerms } from "../../../apps/web/src/pages/access/changed-terms.ts";
import {
  NoGrantee,
  NoQrCode,
  NotARequest,
  RequestOver,
  RequestTooLong,
} from "../../../apps/web/src/pages/access/errors.ts";
import {
  grantState,
  isUnfinished,
  nameOf,
  stateText,
} from "../../../apps/web/src/pages/access/grant-state.ts";
import { namedBy } from "../../../apps/web/src/pages/access/grantee.ts";
import {
  fitsQr,
  qrModules,
  qrPath,
  qrText,
  type Pixels,
} from "../../../apps/web/src/pages/access/qr-code.ts";
import { seenText, verdictText } from "../../../apps/web/src/pages/access/receipts.ts";
import {
  accountText,
  inDates,
  newScopes,
  notProven,
  tooLong,
} from "../../../apps/web/src/pages/access/request-facts.ts";
import {
  changeSentences,
  grantSentences,
  inRow,
  readingText,
  revokeSentences,
} from "../../../apps/web/src/pages/access/sentences.ts";
import {
  dayFault,
  dayIn,
  dayText,
  endOfDay,
  MOST_DAYS,
  termsFaults,
  toggled,
} from "../../../apps/web/src/pages/access/terms.ts";
import { faultText } from "../../../apps/web/src/ui/fault-text.ts";
import type { CheckedRequest, InboxEntry, ReceiptAudit } from "../../../client/agents.ts";
import {
  InvalidExpiry,
  PERMISSION,
  ProposalUnlisted,
  recipientDigest,
  recipientBytes,
  type GrantEntry,
} from "../../../client/index.ts";
import { welcomeFile, welcomeText } from "../../../client/manage.ts";
import { newReader } from "../../helpers/world.ts";

const DAY = 86_400;
const NOW = Date.UTC(2026, 10, 22, 12);
const TIME = NOW / 1_000;

const entry = (changes: Partial<GrantEntry> = {}): GrantEntry => ({
  id: "5b1c09aa".repeat(4),
  class: "reader",
  recipient: new Uint8Array(1_216),
  locator: new Uint8Array(32),
  grantee: null,
  listed: false,
  scopes: ["aa".repeat(16)],
  scopeNames: ["health"],
  expiresAt: TIME + 60 * DAY,
  permissions: PERMISSION.read,
  admission: "fresh",
  label: "",
  since: 3n,
  written: 3n,
  welcomeDigest: null,
  erased: 0n,
  ended: false,
  ...changes,
});

/** A code's modules as a picture, so many pixels a module. */
function picture(modules: readonly (readonly boolean[])[], scale: number): Pixels {
  const side = modules.length * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (modules[Math.floor(y / scale)]![Math.floor(x / scale)]!)
        data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
  return { width: side, height: side, data };
}

describe("The page of who can read: where a grant stands", () => {
  const kindOf = (changes: Partial<GrantEntry>, revoking = false) =>
    grantState(entry(changes), TIME, revoking).kind;

  it("tells a grant in force from one that ends soon, expired, or ended on chain", () => {
    expect(kindOf({})).to.equal("inForce");
    expect(kindOf({ expiresAt: TIME + 14 * DAY })).to.equal("ending");
    expect(kindOf({ expiresAt: TIME, ended: true })).to.equal("expired");
    expect(kindOf({ ended: true })).to.equal("endedOnChain");
  });

  it("shows a revoke that waits here before all else, and says what is not done", () => {
    const state = grantState(entry({ ended: true }), TIME, true);
    expect(state.kind).to.equal("revoking");
    expect(isUnfinished(state)).to.equal(true);
    expect(isUnfinished(grantState(entry(), TIME, false))).to.equal(false);
  });

  it("says it in words, each with a tone", () => {
    expect(stateText({ kind: "ending", days: 1 })).to.deep.equal({ text: "ends in 1 day", tone: "warn" });
    expect(stateText({ kind: "endedOnChain" }).text).to.match(/next commit drops it/);
  });

  it("names a reader by its owner's words, else by its account, else by its id", () => {
    expect(nameOf(entry({ label: "Sam" }))).to.equal("Sam");
    expect(nameOf(entry({ grantee: "0xab" }))).to.equal("0xab");
    expect(nameOf(entry())).to.equal("reader 5b1c09aa");
  });
});

describe("The page of who can read: its sentences", () => {
  const plan = {
    name: "Sam’s doctor",
    scopes: [{ name: "health", count: 34 }],
    expiresAt: TIME,
    listed: false,
    propose: false,
  };

  it("says what will be read, how much, and until when", () => {
    const [first] = grantSentences(plan);
    expect(first).to.match(/^Sam’s doctor will read all 34 memories of health until .*2026/);
  });

  it("says what of it is on chain, and what nobody takes back", () => {
    expect(grantSentences(plan).join(" ")).to.match(/Nobody can see on chain/);
    expect(grantSentences({ ...plan, listed: true, propose: true }).join(" ")).to.match(
      /Everybody can see.*inbox|inbox.*Everybody can see/,
    );
    expect(grantSentences(plan).at(-1)).to.match(/What was read stays read/);
  });

  it("puts names in a row, and says of an empty scope that it is", () => {
    expect(inRow(["a"])).to.equal("a");
    expect(inRow(["a", "b", "c"])).to.equal("a, b and c");
    expect(
      readingText([
        { name: "travel", count: 1 },
        { name: "new", count: 0 },
      ]),
    ).to.equal("the one memory of travel and what will be in new (nothing is there now)");
  });

  it("says what a revoke cannot do", () => {
    expect(revokeSentences(["Sam"]).join(" ")).to.match(
      /From the next commit on Sam cannot.*copies of it may be kept/,
    );
    expect(revokeSentences(["Sam", "Ann"]).join(" ")).to.match(/on Sam and Ann cannot/);
  });

  it("says what a change opens and closes, and nothing where nothing changes", () => {
    const before = { scopes: ["health"], expiresAt: TIME };
    const counts = new Map([["travel", 2]]);
    expect(changeSentences({ name: "Sam", before, after: before, counts })).to.deep.equal([]);
    const after = { scopes: ["travel"], expiresAt: TIME + DAY };
    const said = changeSentences({ name: "Sam", before, after, counts }).join(" ");
    expect(said).to.match(/also read all 2 memories of travel.*write to health.*longer than now/);
    // A reader may be a person.
    expect(said + grantSentences({ ...plan, propose: true }).join(" ")).not.to.match(
      /\bit (reads|may propose|has read|keeps)/i,
    );
  });
});

describe("The page of who can read: terms", () => {
  const form = {
    scopes: ["health"],
    lastDay: dayIn(30, NOW),
    label: "",
    listed: false,
    propose: false,
    storeWelcome: false,
  };

  it("takes a day to its end, in the person's own time", () => {
    const end = endOfDay("2027-03-03")!;
    expect(dayText(end * 1_000)).to.equal("2027-03-03");
    expect(dayText((end + 1) * 1_000)).to.equal("2027-03-04");
  });

  it("takes no day that no calendar has", () => {
    for (const text of ["", "2027-02-30", "2027-13-01", "1.1.2027", "12027-01-01"])
      expect(endOfDay(text)).to.equal(null);
  });

  it("refuses a grant without an end, one that is over, and one that is too long", () => {
    expect(dayFault("", NOW)).to.match(/always ends/);
    expect(dayFault(dayIn(-1, NOW), NOW)).to.match(/is over: today is/);
    expect(dayFault(dayIn(MOST_DAYS + 2, NOW), NOW)).to.match(/too far/);
    expect(dayFault(dayIn(MOST_DAYS - 1, NOW), NOW)).to.equal(null);
    expect(dayFault(dayIn(0, NOW), NOW)).to.equal(null);
  });

  it("has somebody choose a scope: none is chosen", () => {
    expect(termsFaults({ ...form, scopes: [] }, NOW).scopes).to.match(/at least one/);
    expect(termsFaults(form, NOW)).to.deep.equal({ scopes: null, lastDay: null });
    expect(toggled(["a"], "b")).to.deep.equal(["a", "b"]);
    expect(toggled(["a", "b"], "a")).to.deep.equal(["b"]);
  });

  it("names of a change only what is to be otherwise, and keeps an end to the second", () => {
    const known = entry({ label: "Sam" });
    const same = {
      scopes: ["health"],
      lastDay: dayText(known.expiresAt! * 1_000),
      label: "Sam",
      propose: false,
    };
    expect(changedTerms(known, same)).to.deep.equal({ request: {}, expiresAt: known.expiresAt });
    const { request } = changedTerms(known, {
      ...same,
      scopes: ["travel", "health"],
      lastDay: "2027-03-03",
      label: "",
    });
    expect(request).to.deep.equal({
      scopes: ["travel", "health"],
      expiresAt: endOfDay("2027-03-03"),
      label: "",
    });
  });
});

describe("The page of who can read: whom a text names", () => {
  const address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

  it("takes a key in any case and however it was wrapped, an address, and a request in a letter", async () => {
    const { recipient } = await newReader();
    const wrapped = recipient.toUpperCase().replace(/(.{64})/g, "$1\n");
    expect(namedBy(wrapped)).to.deep.equal({ kind: "recipient", recipient });
    expect(namedBy(` ${address}\n`)).to.deep.equal({ kind: "account", account: address });
    expect(namedBy("memvault-request:oK9_-a\n")).to.deep.equal({
      kind: "request",
      line: "memvault-request:oK9_-a",
    });
  });

  it("refuses all else, and repeats nothing of what may be a secret", () => {
    for (const text of ["", "sam", "0x12", "MEMVAULT:ABC", "AGE-SECRET-KEY-PQ-1QQQ"])
      expect(() => namedBy(text), text).to.throw(NoGrantee);
    for (const digits of ["0a".repeat(32), `0x${"A1".repeat(32)}`])
      expect(() => namedBy(digits), digits).to.throw(NoGrantee, /check digits of a key/);
    expect(() => namedBy("AGE-SECRET-KEY-PQ-1CANARY")).to.throw(NoGrantee, /^(?!.*CANARY).*secret key/);
  });
});

describe("The page of who can read: QR codes", function () {
  this.timeout(60_000);

  it("shows a key of 2,000 characters that a picture gives back", async () => {
    const { recipient } = await newReader();
    expect(recipient.length).to.be.greaterThan(1_900);
    const found = await qrText(picture(await qrModules(recipient), 4), "key.png");
    expect(namedBy(found)).to.deep.equal({ kind: "recipient", recipient });
    expect(recipientDigest(recipientBytes(recipient))).to.have.length(32);
  });

  it("shows a welcome's text the same way", async () => {
    const file = new Uint8Array(2_500).map((_, i) => i % 251);
    const text = welcomeText(file);
    expect(fitsQr(text)).to.equal(true);
    expect(welcomeFile(await qrText(picture(await qrModules(text), 3), "welcome.png"))).to.deep.equal(file);
  });

  it("knows what does not fit, and says so of a picture without a code", async () => {
    expect(fitsQr("A".repeat(4_297))).to.equal(false);
    const blank = { width: 64, height: 64, data: new Uint8ClampedArray(64 * 64 * 4).fill(255) };
    const fault: unknown = await qrText(blank, "cat.png").catch((thrown: unknown) => thrown);
    expect(fault).to.be.instanceOf(NoQrCode);
    expect((fault as Error).message).to.match(/cat\.png/);
  });

  it("draws dark modules alone", () => {
    expect(
      qrPath([
        [true, false],
        [false, true],
      ]),
    ).to.equal("M0 0h1v1h-1zM1 1h1v1h-1z");
  });
});

describe("The page of who can read: receipts", () => {
  const answer = (verdict: "rests" | "none", sequence: bigint) => ({
    requestId: 1n,
    question: null,
    answer: {
      ...{ verdict, sequence, behind: 2n, memories: 3, root: "0x", data: new Uint8Array() },
      ...{ block: 1, time: TIME, transaction: "0x", final: true },
    },
  });
  const audit = (changes: Partial<ReceiptAudit>): ReceiptAudit => ({
    ...{ agent: "0x", sequence: 43n, periods: [], exchanges: [], sound: true, malformed: 0 },
    totals: { none: 0, rests: 0, noSuchHead: 0, beforeGrant: 0, afterGrant: 0 },
    ...{ complete: true, questionsComplete: true },
    ...changes,
  });

  it("names the newest commit that an agent says it has seen", () => {
    const exchanges = [answer("rests", 41n), answer("rests", 40n), answer("none", 0n)];
    expect(seenText(audit({ exchanges })).text).to.equal("says that it has seen commit 41 of 43.");
    expect(seenText(audit({ exchanges: [answer("none", 0n)] })).text).to.equal("has left no receipt.");
  });

  it("says first what no honest agent does", () => {
    const totals = { none: 0, rests: 1, noSuchHead: 0, beforeGrant: 0, afterGrant: 2 };
    expect(seenText(audit({ totals, sound: false }))).to.deep.equal({
      text: "has left 2 false receipts. No honest agent does: revoke it.",
      tone: "bad",
    });
    expect(seenText(audit({ malformed: 1 })).tone).to.equal("bad");
    expect(seenText(audit({ complete: false })).tone).to.equal("bad");
  });

  it("says how far behind a receipt was", () => {
    expect(verdictText(answer("rests", 41n).answer)).to.equal(
      "rests on commit 41, 2 commits behind; 3 memories of its scopes",
    );
  });
});

describe("The page of who can read: requests and proposals", () => {
  const checked = (changes: Partial<CheckedRequest> = {}): CheckedRequest =>
    ({
      id: "aa".repeat(32),
      request: {
        account: `0x${"ab".repeat(20)}`,
        scopes: ["travel", "dreams"],
        expiresAt: TIME + DAY,
        permissions: 1,
      },
      signedBy: { as: "account", signer: `0x${"ab".repeat(20)}` },
      key: { attestationDigest: `0x${"00".repeat(32)}` },
      ...{ isContract: true, operator: "0xOP" },
      ...changes,
    }) as CheckedRequest;

  it("says of an operator that did not sign that it did not", () => {
    expect(accountText(checked())).to.match(/names 0xOP as its operator, which did not sign/);
    const signedBy = { as: "operator", signer: "0xOP" } as const;
    expect(accountText(checked({ signedBy }))).to.match(/its operator 0xOP reads/);
  });

  it("says what is not proven, and which scopes would be new", () => {
    expect(notProven(checked()).join(" ")).to.match(/purpose.*digest.*nothing vouches/);
    expect(newScopes(checked().request, new Map([["travel", 1]]))).to.deep.equal(["dreams"]);
  });

  it("is not asked for longer than anybody may grant here", () => {
    expect(tooLong(checked().request, TIME)).to.equal(false);
    expect(tooLong({ ...checked().request, expiresAt: TIME + (MOST_DAYS + 1) * DAY }, TIME)).to.equal(true);
  });

  it("says of an end that nobody can grant until when it was, and leaves other failures alone", () => {
    const [over, late] = [TIME - DAY, TIME + 40_000 * DAY].map((expiresAt) =>
      inDates(new InvalidExpiry(expiresAt, TIME, TIME + 36_500 * DAY)),
    );
    expect(over).to.be.instanceOf(RequestOver);
    expect(String(over)).to.match(/asked to read until Nov 21, 2026.* which is over/);
    expect(late).to.be.instanceOf(RequestTooLong);
    expect(String(late)).to.match(/40000 days, and 3650 are the most/);
    const other = new ProposalUnlisted();
    expect(inDates(other)).to.equal(other);
  });

  it("writes a failure's name in words, however it is put together", () => {
    const nameOfFault = (fault: Error): string => faultText(fault).name;
    expect(nameOfFault(new NotARequest())).to.equal("Not a request");
    expect(nameOfFault(new RequestOver(TIME))).to.equal("Request over");
  });

  const proposal = (changes: Partial<InboxEntry> = {}): InboxEntry => ({
    ...{
      id: "ab".repeat(32),
      proposer: "0xP",
      block: 1,
      transaction: "0x",
      time: TIME,
      final: true,
      fault: null,
    },
    grant: { memberId: "m", label: "Sam", ended: false },
    memories: [{ scope: "s", scopeName: "travel", text: "A seat", tags: ["a"], metadata: { x: 1 } }],
    ...changes,
  });

  it("has only what is genuine and final accepted", () => {
    expect(isAcceptable(proposal())).to.equal(true);
    expect(isAcceptable(proposal({ final: false }))).to.equal(false);
    expect(isAcceptable(proposal({ fault: new ProposalUnlisted() }))).to.equal(false);
    expect(proposalText(proposal({ fault: new ProposalUnlisted() }))).to.match(/^cannot be accepted: /);
    expect(proposalText(proposal({ final: false }))).to.match(/not final/);
  });

  it("names the sender in the owner's words, and all that it wrote", () => {
    expect(senderText(proposal())).to.equal("Sam");
    expect(senderText(proposal({ grant: null }))).to.match(/0xP.*no grant any more/);
    expect(detailsOf(proposal().memories![0]!)).to.deep.equal(["tags: a", '{"x":1}']);
  });

  it("says what is not shown", () => {
    const said = leftOut({ more: [{ proposer: "0xP", count: 2 }], strange: 1, withheld: ["0xQ"] });
    expect(said.join(" ")).to.match(/2 more proposals of 0xP wait.*1 proposal came.*0xQ/);
  });

  it("makes rules for grants that may propose, one a scope", () => {
    const line = (changes: Partial<GrantEntry>) =>
      ({ entry: entry(changes), state: { kind: "inForce" }, welcome: null, notFinal: false }) as const;
    const may = { permissions: PERMISSION.read | PERMISSION.propose, scopeNames: ["a", "b"] };
    const choices = ruleChoices([line(may), line({}), line({ ...may, ended: true })]);
    expect(choices.map(({ scope }) => scope)).to.deep.equal(["a", "b"]);
  });
});
