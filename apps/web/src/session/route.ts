import { useSyncExternalStore } from "react";

/** The pages of an open vault, in the order of the bar. */
export const ROUTES = ["memories", "access", "others", "health", "settings"] as const;

/** One of them, as it stands behind the # of the address. */
export type Route = (typeof ROUTES)[number];

const isRoute = (text: string): text is Route => (ROUTES as readonly string[]).includes(text);

/** The route of an address' fragment: what is no route is the first page. */
export function routeOf(hash: string): Route {
  const [name = ""] = hash.replace(/^#\/?/, "").split("/");
  return isRoute(name) ? name : "memories";
}

const subscribe = (changed: () => void): (() => void) => {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
};

/** The page that the address names. */
export const useRoute = (): Route => routeOf(useSyncExternalStore(subscribe, () => location.hash));
