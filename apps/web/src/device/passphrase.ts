import { Decrypter, Encrypter } from "age-encryption";

import { DeviceFileBroken, PassphraseTooShort, WrongPassphrase } from "./errors.ts";

/** Seals bytes under a passphrase, and opens them; slowly, because whoever guesses must be slow. */
export interface PassphraseBox {
  readonly seal: (passphrase: string, bytes: Uint8Array) => Promise<Uint8Array>;
  /** @throws WrongPassphrase when it does not open. DeviceFileBroken when it is no such file. */
  readonly open: (passphrase: string, file: Uint8Array) => Promise<Uint8Array>;
}

/** The fewest characters of a passphrase. */
export const LEAST_PASSPHRASE = 10;

/** scrypt with N = 2^17, r = 8: about a second and 128 MiB for each guess. */
const WORK_FACTOR = 17;
/** Who plants a file must not decide how much memory it takes to refuse it. */
const MAX_WORK_FACTOR = 18;

/**
 * A passphrase as it is used: keyboards write one letter in several ways.
 *
 * @throws PassphraseTooShort when it is.
 */
export function checkedPassphrase(typed: string): string {
  const passphrase = typed.normalize("NFC");
  const { length } = Array.from(passphrase);
  if (length < LEAST_PASSPHRASE) throw new PassphraseTooShort(length, LEAST_PASSPHRASE);
  return passphrase;
}

/** Boxes that are age files, made in this thread: it does nothing else meanwhile. */
export const passphraseBox = (workFactor = WORK_FACTOR): PassphraseBox => ({
  seal: async (passphrase, bytes) => {
    const encrypter = new Encrypter();
    encrypter.setScryptWorkFactor(workFactor);
    encrypter.setPassphrase(passphrase);
    return encrypter.encrypt(bytes);
  },
  open: async (passphrase, file) => {
    const header = new TextDecoder().decode(file.subarray(0, 64));
    const factor = /^age-encryption\.org\/v1\n-> scrypt \S+ ([1-9]\d?)\n/.exec(header)?.[1];
    if (factor === undefined || Number(factor) > MAX_WORK_FACTOR) throw new DeviceFileBroken("passphrase");
    // Nothing opens with none, and the library refuses to try.
    if (passphrase === "") throw new WrongPassphrase();
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    return decrypter.decrypt(file).catch(() => {
      throw new WrongPassphrase();
    });
  },
});

/** What a worker is asked. */
export type BoxRequest = readonly [work: "seal" | "open", passphrase: string, bytes: Uint8Array];

/** What it answers: bytes, or why not. */
export type BoxAnswer = Uint8Array | "wrong" | "broken";

/** The part of a `Worker` that is needed. */
export interface BoxWorker {
  onmessage: ((event: MessageEvent<BoxAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(request: BoxRequest): void;
  terminate(): void;
}

/**
 * The same in a worker, so that the page stays alive. One for each box: what it remembers goes with it.
 *
 * @param begin - Begins a worker.
 * @param here - Where the work is done when no worker begins: nobody is locked out because of that.
 */
export function workerBox(begin: () => BoxWorker, here: PassphraseBox): PassphraseBox {
  const ask = async (request: BoxRequest): Promise<Uint8Array> => {
    const answer = await answerOf(begin, request);
    if (answer === "wrong") throw new WrongPassphrase();
    if (answer === "broken") throw new DeviceFileBroken("passphrase");
    return answer ?? here[request[0]](request[1], request[2]);
  };
  return {
    seal: (passphrase, bytes) => ask(["seal", passphrase, bytes]),
    open: (passphrase, file) => ask(["open", passphrase, file]),
  };
}

/** @returns `null` when the worker did not begin. */
async function answerOf(begin: () => BoxWorker, request: BoxRequest): Promise<BoxAnswer | null> {
  let worker: BoxWorker | null = null;
  try {
    return await new Promise((resolve) => {
      worker = begin();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => resolve(null);
      worker.postMessage(request);
    });
  } catch {
    return null;
  } finally {
    (worker as BoxWorker | null)?.terminate();
  }
}

/** What the worker does with what it was asked. */
export async function answered(
  box: PassphraseBox,
  [work, passphrase, bytes]: BoxRequest,
): Promise<BoxAnswer> {
  try {
    return await box[work](passphrase, bytes);
  } catch (fault) {
    return fault instanceof WrongPassphrase ? "wrong" : "broken";
  }
}
