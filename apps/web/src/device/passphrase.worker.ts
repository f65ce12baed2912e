import { answered, passphraseBox, type BoxRequest } from "./passphrase.ts";

// A thread of its own for what takes a second.
addEventListener("message", ({ data }: MessageEvent<BoxRequest>) => {
  void answered(passphraseBox(), data).then((answer) => postMessage(answer));
});
