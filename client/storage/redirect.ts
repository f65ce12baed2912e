const IPV4_LOCAL =
  /^(0|10|127|169\.254|172\.(1[6-9]|2\d|3[01])|192\.168|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
const IPV6_LOCAL = /^\[(::1?|::ffff:.*|f[cd].*|fe[89ab].*)\]$/;
const NAME_LOCAL = /^(localhost|.*\.(localhost|local|internal))\.?$/;

/** Whether a host is of this machine or its network, as far as its name says: what a name resolves to nobody knows here. */
export const isLocal = ({ hostname }: URL): boolean =>
  [IPV4_LOCAL, IPV6_LOCAL, NAME_LOCAL].some((local) => local.test(hostname));

/**
 * Where an answer leads a reader, or `null` where nobody should go: out of https, or from the world into this machine or its
 * network, which others cannot reach and must not reach through us.
 *
 * @param from - Who answered.
 * @param location - What it said.
 */
export function redirected(from: URL, location: string): URL | null {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (to === null || !/^https?:$/.test(to.protocol)) return null;
  if (from.protocol === "https:" && to.protocol === "http:") return null;
  return isLocal(to) && !isLocal(from) ? null : to;
}
