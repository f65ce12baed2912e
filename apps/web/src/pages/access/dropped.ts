import { FileTooLarge, NoQrCode } from "./errors.ts";
import { qrText, type Pixels } from "./qr-code.ts";

/** Most bytes of a picture, and of a text. */
const MOST_PICTURE = 32 * 1024 * 1024;
const MOST_TEXT = 64 * 1024;

/** Most pixels along a side that a code is looked for in. */
const MOST_SIDE = 2_400;

/**
 * The text that a file holds, or the code in its picture.
 *
 * @throws {FileTooLarge} before anything of it is read. {NoQrCode} for a picture without a code.
 */
export async function textOfFile(file: File): Promise<string> {
  const picture = file.type.startsWith("image/");
  const limit = picture ? MOST_PICTURE : MOST_TEXT;
  if (file.size > limit) throw new FileTooLarge(file.name, file.size, limit);
  return picture ? qrText(await pixelsOf(file), file.name) : file.text();
}

async function pixelsOf(file: File): Promise<Pixels> {
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    throw new NoQrCode(file.name, { cause });
  });
  const scale = Math.min(1, MOST_SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [Math.ceil(bitmap.width * scale), Math.ceil(bitmap.height * scale)];
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (context === null) throw new NoQrCode(file.name);
  // What is transparent is no dark module.
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}
