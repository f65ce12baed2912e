import { registerHooks } from "node:module";

/** Lets components be loaded outside of a browser: their styles are nothing there. Import them after this, by `import()`. */
export function withoutStyles(): void {
  registerHooks({
    load: (url, context, next) =>
      url.endsWith(".css") ? { format: "module", source: "", shortCircuit: true } : next(url, context),
  });
}
