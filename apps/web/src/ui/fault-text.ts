import { MalformedData, NotAMember, RpcUnavailable, VaultError } from "../../../../client/errors.ts";

/** A failure as a person reads it. */
export interface FaultText {
  readonly name: string;
  readonly message: string;
}

/** What a failure is called and says. The client's own errors say what to do; others get a sentence that does. */
export function faultText(fault: unknown): FaultText {
  if (fault instanceof NotAMember) return { name: "No member any more", message: NO_MEMBER };
  if (fault instanceof RpcUnavailable) return { name: "No answer", message: noAnswer(fault) };
  if (fault instanceof MalformedData && fault.what === "recipient")
    return { name: "No whole key", message: `This is no whole key: copy it again. (${fault.where}.)` };
  if (fault instanceof VaultError) return { name: spaced(fault.name), message: fault.message };
  return {
    name: "Something failed",
    message: `${wordsOf(fault)}. Nothing that was saved is lost: reload this page and look again.`,
  };
}

/** Most have one RPC: it is not called the first of them. */
const noAnswer = ({ rpc, why }: RpcUnavailable): string =>
  `The ${rpc === "first" ? "" : "second "}RPC gives no answer${inBrackets(why.replace(/[\s.]+$/, ""))}. ` +
  "Nothing is lost: try again, or name another in the settings.";

/** A kind of error alone says nothing to a person. */
const inBrackets = (why: string): string => (/^\w*Error$/.test(why) ? "" : ` (${why})`);

const MOST = 300;

/** What is not ours to word, cut short. ethers' long messages hold the RPC's whole address, and that may be a key. */
function wordsOf(fault: unknown): string {
  if (!(fault instanceof Error)) return typeof fault === "string" ? fault.slice(0, MOST) : "Nobody says why";
  const { shortMessage, code } = fault as { readonly shortMessage?: unknown; readonly code?: unknown };
  if (typeof shortMessage === "string") return shortMessage.slice(0, MOST);
  // An address within a message may hold a key as well.
  if (typeof code === "string" || /\w:\/\//.test(fault.message)) return fault.name;
  return fault.message.slice(0, MOST);
}

const NO_MEMBER =
  "The newest commit has no key for this device. Its grant was revoked or ran out, or its owner took the device out: ask them for a new one.";

const spaced = (name: string): string =>
  name
    .replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ")
    .replace(/ [A-Z]/g, (letters) => letters.toLowerCase());
