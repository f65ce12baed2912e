import { readdirSync } from "node:fs";
import path from "node:path";

import type { HardhatPlugin } from "hardhat/types/plugins";

/**
 * Compiles the Solidity tests, and the contracts within them, in the compiler's old pipeline: that takes a tenth of the
 * time. What TypeScript deploys stays what a chain gets.
 *
 * Hardhat compiles together what has the same object for its configuration, and makes one of each override.
 */
export const quickTests: HardhatPlugin = {
  id: "memory-vault:quick-tests",
  hookHandlers: {
    config: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            async resolveUserConfig(userConfig, resolveConfigurationVariable, next) {
              const config = await next(userConfig, resolveConfigurationVariable);
              const { root, tests } = config.paths;
              const { compilers, overrides } = config.solidity.profiles["default"] ?? {};
              const [compiler] = compilers ?? [];
              if (compiler === undefined || overrides === undefined)
                throw new TypeError("The configuration names no compiler");
              const settings = compiler.settings as Readonly<Record<string, unknown>>;
              const quick = { ...compiler, settings: { ...settings, viaIR: false } };
              for (const file of readdirSync(tests.solidity))
                if (file.endsWith(".t.sol"))
                  overrides[path.relative(root, path.join(tests.solidity, file))] = quick;
              return config;
            },
          }),
      }),
  },
};
