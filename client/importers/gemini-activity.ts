import { cleanText, field, textField, timeOf } from "./clean.ts";
import { plainText } from "./html.ts";

/** One prompt of Gemini's activity and the answer to it. */
export interface Activity {
  /** Unix milliseconds. */
  readonly at: number | null;
  readonly prompt: string;
  readonly answer: string;
}

/**
 * Reads one entry of Gemini's activity.
 *
 * @param value - The entry's JSON.
 * @returns The prompt, or why there is none.
 */
export function activityOf(value: unknown): Activity | { readonly why: string } {
  if (!isOfGemini(value)) return { why: "an activity of another product" };
  const details = detailsOf(value);
  const prompt = details.get("Request") ?? promptIn(textField(value, "title"));
  if (prompt === null) return { why: 'its title does not begin with "Prompted", so it is no prompt' };
  if (prompt === "") return { why: "a prompt without text" };
  const answer = details.get("Response") ?? htmlOf(field(value, "safeHtmlItem"));
  return { at: timeOf(field(value, "time")), prompt, answer };
}

/** Headers are in the user's language, the product's name is not. */
function isOfGemini(value: unknown): boolean {
  const products = field(value, "products");
  const names = [field(value, "header"), ...(Array.isArray(products) ? (products as unknown[]) : [])];
  return names.some((name) => typeof name === "string" && /\b(?:Gemini|Bard)\b/.test(name));
}

const PROMPTED = /^Prompted(?:\s+|$)/;

const promptIn = (title: string | null): string | null =>
  title !== null && PROMPTED.test(title) ? title.replace(PROMPTED, "") : null;

/** Newer entries have both in a list, by name. */
function detailsOf(value: unknown): Map<unknown, string> {
  const details = field(value, "details");
  return new Map(
    (Array.isArray(details) ? (details as unknown[]) : []).flatMap((detail) => {
      const text = field(detail, "value");
      return typeof text === "string" ? [[field(detail, "name"), cleanText(text)] as const] : [];
    }),
  );
}

function htmlOf(items: unknown): string {
  const pieces = (Array.isArray(items) ? (items as unknown[]) : [])
    .map((item) => field(item, "html"))
    .filter((html) => typeof html === "string");
  return cleanText(pieces.map(plainText).join("\n"));
}
