/** What a wallet puts into a page (EIP-1193). Everything that it answers is checked. */
export interface Eip1193 {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: never) => void): unknown;
  removeListener?(event: string, listener: (value: never) => void): unknown;
}

/** Everything that a wallet failed with by number: some wrap what the person said into an error of their own. */
export function codesOf(fault: unknown, depth = 0): readonly number[] {
  if (typeof fault !== "object" || fault === null || depth > 4) return [];
  const own = "code" in fault && typeof fault.code === "number" ? [fault.code] : [];
  const inner = ["data", "originalError", "error", "info", "cause"].map(
    (name) => (fault as Readonly<Record<string, unknown>>)[name],
  );
  return [...own, ...inner.flatMap((value) => codesOf(value, depth + 1))];
}

/** EIP-1193's and EIP-1474's words for what pages meet. */
export const CODE = { rejected: 4001, unauthorized: 4100, unknownChain: 4902, busy: -32_002 } as const;
