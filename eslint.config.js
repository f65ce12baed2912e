import tseslint from "typescript-eslint";

import { boundaries } from "./scripts/checks/boundaries.js";

/** What every part of the client may build on. */
const base = ["client/errors.ts", "client/cbor.ts"];

/** Which folder may import which; see CONTRIBUTING.md. The first zone that a file lies in counts. */
const zones = [
  { files: base, allow: base },
  { files: ["client/memory/"], allow: base },
  { files: ["client/crypto/"], allow: base },
  { files: ["client/storage/chain.ts"], allow: [...base, "client/storage/", "typechain-types/"] },
  { files: ["client/storage/"], allow: base },
  {
    files: ["client/vault/contract.ts"],
    allow: [...base, "client/crypto/", "client/vault/", "typechain-types/"],
  },
  {
    files: ["client/vault/"],
    allow: [...base, "client/deployments.ts", "client/memory/", "client/crypto/", "client/storage/"],
  },
  { files: ["client/importers/"], allow: [...base, "client/memory/"] },
  { files: ["client/exporters/"], allow: [...base, "client/memory/", "client/crypto/"] },
  { files: ["client/recall/"], allow: [...base, "client/memory/"] },
  {
    files: ["client/agents/contract.ts"],
    allow: [...base, "client/agents/", "client/vault/", "typechain-types/"],
  },
  {
    files: ["client/agents/"],
    allow: [
      ...base,
      ...["client/deployments.ts", "client/memory/", "client/crypto/", "client/storage/", "client/vault/"],
    ],
  },
  { files: ["client/attestation/"], allow: [...base, "client/crypto/"] },
  // The only entry with bytecode: deploying needs it, reading does not.
  { files: ["client/suite.ts"], allow: ["client/deployments.ts", "typechain-types/"] },
  // The files at the top are the entry points.
  { files: ["client/*.ts"], allow: ["client/"] },
  { files: ["apps/"], allow: ["client/*.ts", "client/*/index.ts"] },
  // What runs inside the tools.
  { files: ["scripts/checks/", "scripts/hardhat/"], allow: ["scripts/", "hardhat.config.ts"] },
  // Serves the built app under its own policy, with agents beside it.
  {
    files: ["scripts/web/"],
    allow: [
      ...["client/*.ts", "client/*/index.ts", "apps/cli/", "apps/web/policy.ts", "test/helpers/"],
      "typechain-types/",
    ],
  },
  // Deployment builds on Hardhat and on the modules; the rest of scripts/ shares profile and flows with the command line.
  {
    files: ["scripts/"],
    allow: ["client/*.ts", "client/*/index.ts", "apps/cli/", "deploy/modules/", "test/helpers/"],
  },
  { files: ["deploy/"], allow: [] },
];

/** The files of the client that need Node; everything else runs in a browser. */
const nodeOnly = [
  "client/node.ts",
  "client/storage/atomic.ts",
  "client/storage/directory.ts",
  "client/storage/files.ts",
  "client/storage/lock.ts",
  "client/importers/files.ts",
];

export default tseslint.config(
  { ignores: ["artifacts/", "cache/", "coverage/", "**/dist/", "typechain-types/", "deploy/deployments/"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { project: { rules: { boundaries } } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: false, allowNullish: false, allowAny: false },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Use a named export." },
        { selector: "Decorator", message: "No decorators." },
      ],
      "project/boundaries": ["error", { zones, nodeOnly }],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "prefer-const": "error",
    },
  },
  // Tools that load a module ask for its default export.
  {
    files: ["hardhat.config.ts", "apps/web/vite.config.ts", "deploy/modules/**/*.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
  // The library never logs; what people run does.
  { files: ["scripts/**/*.ts", "apps/**/*.ts", "bench/**/*.ts"], rules: { "no-console": "off" } },
  {
    files: ["test/**/*.ts"],
    rules: {
      "no-console": "off",
      // Chai's properties (`to.be.true`) are expressions.
      "@typescript-eslint/no-unused-expressions": "off",
      // Tests state what must be there, and fail if it is not.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
);
