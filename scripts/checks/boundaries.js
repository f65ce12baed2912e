/**
 * An ESLint rule that keeps the arrows between the project's folders pointing one way.
 *
 * Its option lists zones, the first match wins: `{ files, allow }`, both paths from the project's root, where a path
 * that ends in "/" stands for a folder and `*` for one path segment. A file may always import its own folder when its
 * zone is a folder.
 */
import path from "node:path";

/** Whether `file` is, or lies below, one of `patterns`. */
const matches = (file, patterns) =>
  patterns.some((pattern) => {
    const source = pattern
      .split("*")
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^/]*");
    return new RegExp(`^${source}${pattern.endsWith("/") ? "" : "$"}`).test(file);
  });

export const boundaries = {
  meta: {
    type: "problem",
    schema: [{ type: "object" }],
    messages: {
      forbidden: "{{from}} may not import {{to}}: it may import {{allowed}}.",
      builtin: "{{from}} runs in a browser and may not import {{to}}.",
    },
  },
  create(context) {
    const [{ zones, nodeOnly }] = context.options;
    const root = context.cwd;
    const from = path.relative(root, context.filename).split(path.sep).join("/");
    const zone = zones.find(({ files }) => matches(from, files));

    const check = (node) => {
      const source = node.source;
      if (source === null || source === undefined || typeof source.value !== "string") return;
      const specifier = source.value;
      if (specifier.startsWith("node:")) {
        if (from.startsWith("client/") && !matches(from, nodeOnly))
          context.report({ node: source, messageId: "builtin", data: { from, to: specifier } });
        return;
      }
      if (!specifier.startsWith(".") || zone === undefined) return;
      const to = path.posix.join(path.posix.dirname(from), specifier);
      const allowed = [...zone.files.filter((file) => file.endsWith("/")), ...zone.allow];
      if (!matches(to, allowed))
        context.report({
          node: source,
          messageId: "forbidden",
          data: { from, to, allowed: allowed.join(", ") || "nothing" },
        });
    };

    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};
