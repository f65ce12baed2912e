import { gather } from "./gather.ts";
import type { Port } from "./reader.ts";
import type { PageWord, ReaderWord } from "./words.ts";

/** Has a worker read what the page gives it. */
export function serveReader(port: Port): void {
  let taken: () => void = () => undefined;
  const tell = (word: ReaderWord): void => port.postMessage(word);
  const send = (word: ReaderWord): Promise<void> =>
    new Promise((resolve) => {
      taken = resolve;
      tell(word);
    });
  port.addEventListener("message", ({ data }) => {
    const word = data as PageWord;
    if (word.kind === "taken") taken();
    else void gather(word.files, word.as, { send, tell });
  });
}
