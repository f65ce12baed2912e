import { armor } from "age-encryption";
import { expect } from "chai";

import {
  DeviceFileBroken,
  PasskeyCancelled,
  PasskeyUnsupported,
  PasskeyWrong,
  WrongPassphrase,
} from "../../../apps/web/src/device/errors.ts";
import { browserPasskeys, type PasskeyWorld } from "../../../apps/web/src/device/passkeys.ts";
import {
  answered,
  passphraseBox,
  workerBox,
  type BoxAnswer,
  type BoxRequest,
  type BoxWorker,
} from "../../../apps/web/src/device/passphrase.ts";
import { welcomeOfFile } from "../../../apps/web/src/pages/start/welcome-given.ts";
import { decodeWelcome } from "../../../apps/web/src/pages/start/welcome-text.ts";
import { drawPlaces, wrongPlaces } from "../../../apps/web/src/pages/start/word-check.ts";
import { WelcomeRejected } from "../../../client/index.ts";
import { welcomeText } from "../../../client/manage.ts";
import { rejection } from "../../client/storage/helpers.ts";
import { quickBox } from "./devices.ts";

const secret = new Uint8Array(32).fill(5);

describe("passphrases", () => {
  it("take as much work as the command line's do", async () => {
    const file = await passphraseBox().seal("correct horse", secret);
    expect(new TextDecoder().decode(file)).to.match(/^age-encryption\.org\/v1\n-> scrypt \S+ 17\n/);
    expect(await passphraseBox().open("correct horse", file)).to.deep.equal(secret);
  }).timeout(20_000);

  /** A worker that answers as it is told. */
  class Pretender implements BoxWorker {
    onmessage: ((event: MessageEvent<BoxAnswer>) => void) | null = null;
    onerror: ((event: ErrorEvent) => void) | null = null;
    ended = false;
    constructor(readonly work: (worker: Pretender, request: BoxRequest) => void) {}
    postMessage(request: BoxRequest): void {
      this.work(this, request);
    }
    terminate(): void {
      this.ended = true;
    }
  }

  const honest = (worker: Pretender, request: BoxRequest): void =>
    void answered(quickBox, request).then((data) => worker.onmessage?.({ data } as MessageEvent<BoxAnswer>));

  it("are worked on in a worker, which ends with its answer", async () => {
    const begun: Pretender[] = [];
    const begin = (): Pretender => {
      begun.push(new Pretender(honest));
      return begun.at(-1)!;
    };
    const here = {
      seal: () => Promise.reject(new Error("here")),
      open: () => Promise.reject(new Error("here")),
    };
    const box = workerBox(begin, here);
    const file = await box.seal("correct horse", secret);
    expect(await box.open("correct horse", file)).to.deep.equal(secret);
    await rejection(box.open("correct house", file), WrongPassphrase);
    await rejection(box.open("correct horse", secret), DeviceFileBroken);
    expect(begun.map(({ ended }) => ended)).to.deep.equal([true, true, true, true]);
  });

  it("are worked on here when no worker begins", async () => {
    const failing = new Pretender((worker) => worker.onerror?.({} as ErrorEvent));
    for (const begin of [
      (): BoxWorker => failing,
      (): BoxWorker => {
        throw new Error("no workers");
      },
    ])
      expect((await workerBox(begin, quickBox).seal("correct horse", secret)).length).to.be.above(100);
    expect(failing.ended).to.equal(true);
  });
});

describe("passkeys", () => {
  const world =
    (hostname: string, capabilities?: Record<string, boolean>): (() => PasskeyWorld) =>
    () => ({
      hostname,
      credential: {
        getClientCapabilities: () =>
          capabilities === undefined ? Promise.reject(new Error("no")) : Promise.resolve(capabilities),
      } as unknown as typeof PublicKeyCredential,
    });

  it("are offered where a browser and an address can have any that seal", async () => {
    expect(await browserPasskeys(world("localhost", {})).available()).to.equal(true);
    expect(await browserPasskeys(world("vault.example", { "extension:prf": true })).available()).to.equal(
      true,
    );
    expect(await browserPasskeys(world("localhost")).available()).to.equal(true);
    expect(await browserPasskeys(world("localhost", { "extension:prf": false })).available()).to.equal(false);
    expect(await browserPasskeys(world("127.0.0.1", {})).available()).to.equal(false);
    expect(await browserPasskeys(world("[::1]", {})).available()).to.equal(false);
    expect(await browserPasskeys(() => ({ hostname: "a", credential: undefined })).available()).to.equal(
      false,
    );
  });

  const saying = async (fault: Error, work: () => Promise<unknown>): Promise<unknown> => {
    const before = Object.getOwnPropertyDescriptor(globalThis.navigator, "credentials");
    const refuse = (): Promise<never> => Promise.reject(fault);
    Object.defineProperty(globalThis.navigator, "credentials", {
      ...{ configurable: true, value: { create: refuse, get: refuse } },
    });
    try {
      return await work().catch((thrown: unknown) => thrown);
    } finally {
      if (before === undefined) delete (globalThis.navigator as { credentials?: unknown }).credentials;
      else Object.defineProperty(globalThis.navigator, "credentials", before);
    }
  };

  it("fail by names that say what to do", async () => {
    const keys = browserPasskeys(world("localhost", {}));
    const create = (): Promise<unknown> => keys.create("test");
    for (const [fault, kind] of [
      [new DOMException("no", "NotAllowedError"), PasskeyCancelled],
      [new DOMException("no", "AbortError"), PasskeyCancelled],
      [new DOMException("no", "SecurityError"), PasskeyUnsupported],
      [new Error("PRF extension not available"), PasskeyUnsupported],
    ] as const)
      expect(await saying(fault, create)).to.be.instanceOf(kind);
  });

  it("do not open what another way sealed", async () => {
    const identity = "AGE-PLUGIN-FIDO2PRF-1QYQSZQGPQYQSZQGPQYQSZQGPFHK7CMRPDEHGCXQTZGJW4EHSQ";
    const file = await quickBox.seal("correct horse", secret);
    const fault: unknown = await browserPasskeys()
      .open(identity, file)
      .catch((thrown: unknown) => thrown);
    expect(fault).to.be.instanceOf(PasskeyWrong);
  });
});

describe("the check of written words", () => {
  const words = Array.from({ length: 24 }, (_, i) => `word${i}`);

  it("draws three places, in order and each once", () => {
    for (let first = 0; first < 256; first++) {
      let next = first;
      const places = drawPlaces(() => Uint8Array.of((next += 37)));
      expect(new Set(places).size).to.equal(3);
      expect([...places].sort((a, b) => a - b)).to.deep.equal(places);
      for (const place of places) expect(place).to.be.within(0, 23);
    }
  });

  it("finds what was written down wrongly, whatever its case", () => {
    expect(wrongPlaces(words, [0, 5, 23], ["word0", " WORD5 ", "word23"])).to.deep.equal([]);
    expect(wrongPlaces(words, [0, 5, 23], ["word0", "word6", ""])).to.deep.equal([5, 23]);
  });
});

describe("a welcome as a file", () => {
  it("is the file itself, or its text", async () => {
    const file = await quickBox.seal("x", secret);
    const read = (content: string | Uint8Array): Promise<Uint8Array> =>
      welcomeOfFile(new File([typeof content === "string" ? content : new Uint8Array(content)], "welcome"));
    for (const content of [file, `${welcomeText(file)}\n`, armor.encode(file)])
      expect(await read(content)).to.deep.equal(file);
    await rejection(read(new Uint8Array(131_073)), WelcomeRejected);
    await rejection(read("MEMVAULT:1"), WelcomeRejected);
  });
});

describe("a welcome as text", () => {
  it("is a QR code's, or an armoured file", async () => {
    const file = await quickBox.seal("x", secret);
    expect(decodeWelcome(` ${welcomeText(file).toLowerCase()}\n`)).to.deep.equal(file);
    expect(decodeWelcome(`\r\n${armor.encode(file)}`)).to.deep.equal(file);
  });

  it("is refused when it is anything else", () => {
    for (const text of ["", "hello", "MEMVAULT:1", "-----BEGIN AGE ENCRYPTED FILE-----\nAAAA"])
      expect(() => decodeWelcome(text)).to.throw(WelcomeRejected);
  });
});
