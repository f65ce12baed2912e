/** What the page may load and whom it may talk to: nothing of another host but chains and stores, and no code that is no file of its own. */
const RULES = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "worker-src 'self'",
  "connect-src 'self' https: http://127.0.0.1:* http://localhost:*",
  "base-uri 'none'",
  "form-action 'none'",
];

/** The policy that stands in the page itself, wherever it is hosted. */
export const PAGE_POLICY = RULES.join("; ");

/** The policy that a host sends: the same, and that no other page may frame this one, which a page cannot say itself. */
export const HOST_POLICY = [...RULES, "frame-ancestors 'none'"].join("; ");
