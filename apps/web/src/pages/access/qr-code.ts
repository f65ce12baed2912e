import { NoQrCode, CodeTooLarge } from "./errors.ts";

/** Most characters of the alphanumeric mode in one code. */
export const QR_CAPACITY = 4_296;

/** Pixels of a picture, as a canvas has them. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** What the alphanumeric mode writes. */
const ALPHANUMERIC = /^[0-9A-Z $%*+\-./:]*$/;

/**
 * The text as a code packs it best. Keys are the same in capitals; what is not is left as it is.
 */
export const packed = (text: string): string => (text.startsWith("age1pq1") ? text.toUpperCase() : text);

/** Whether a text fits one code. */
export const fitsQr = (text: string): boolean =>
  ALPHANUMERIC.test(packed(text)) && text.length <= QR_CAPACITY;

/**
 * A text as the dark and light modules of a code, with its quiet zone.
 *
 * @throws {CodeTooLarge} when no code holds it.
 */
export async function qrModules(text: string): Promise<boolean[][]> {
  if (!fitsQr(text)) throw new CodeTooLarge(text.length, QR_CAPACITY);
  const { encodeQR } = await import("qr");
  return encodeQR(packed(text), "raw", { ecc: "low", encoding: "alphanumeric", border: 4 });
}

/** The outline of a code's dark modules, for an SVG whose unit is a module. */
export const qrPath = (modules: readonly (readonly boolean[])[]): string =>
  modules
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")))
    .filter((part) => part !== "")
    .join("");

/** Milliseconds that one picture may take. */
const PATIENCE = 4_000;

/**
 * The text of the code in a picture.
 *
 * @param name - what the picture is called.
 * @throws {NoQrCode} when none is found.
 */
export async function qrText(pixels: Pixels, name: string): Promise<string> {
  const { decodeQR } = await import("qr/decode.js");
  try {
    return decodeQR(pixels, { effort: Infinity, timeLimit: PATIENCE });
  } catch (cause) {
    throw new NoQrCode(name, { cause });
  }
}
