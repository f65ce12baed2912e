import { useEffect, useRef } from "react";

/** Does something every so many milliseconds, while it is wanted and the page is shown. */
export function usePoll(work: () => Promise<void>, milliseconds: number, wanted: boolean): void {
  const newest = useRef(work);
  useEffect(() => {
    newest.current = work;
  });
  useEffect(() => {
    if (!wanted) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) void newest.current();
    }, milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds, wanted]);
}
