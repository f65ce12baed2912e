/** What a wallet puts into a page (EIP-1193). Everything that it answers is checked. */
export interface Eip1193 {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: never) => void): unknown;
  removeListener?(event: string, listener: (value: never) => void): unknown;
}

/** What a wallet failed with: EIP-1193's code, wherever it is. */
export function codeOf(fault: unknown, depth = 0): number | null {
  if (typeof fault !== "object" || fault === null || depth > 4) return null;
  if ("code" in fault && typeof fault.code === "number") return fault.code;
  const inner = ["data", "originalError", "error", "info", "cause"].map(
    (name) => (fault as Readonly<Record<string, unknown>>)[name],
  );
  return inner.map((value) => codeOf(value, depth + 1)).find((code) => code !== null) ?? null;
}

/** EIP-1193's and EIP-1474's words for what pages meet. */
export const CODE = { rejected: 4001, unauthorized: 4100, unknownChain: 4902, busy: -32_002 } as const;
