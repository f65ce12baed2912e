import { useEffect } from "react";

/** What was typed and is saved nowhere: a lock discards it, and says so. */
export class Typed {
  readonly #forms = new Set<object>();

  /** @returns Ends it: the text was saved, or let go. */
  begin(): () => void {
    const form = {};
    this.#forms.add(form);
    return () => void this.#forms.delete(form);
  }

  get any(): boolean {
    return this.#forms.size > 0;
  }
}

/** This tab's. */
export const typed = new Typed();

/** Has the browser ask before the page goes, for as long as something typed would go with it; a lock takes note of it. */
export function useUnsaved(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return undefined;
    const end = typed.begin();
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => {
      end();
      removeEventListener("beforeunload", ask);
    };
  }, [unsaved]);
}
