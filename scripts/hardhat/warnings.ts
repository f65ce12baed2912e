import type { HardhatPlugin } from "hardhat/types/plugins";
import type { CompilerOutputError } from "hardhat/types/solidity";

/** Hardhat's type leaves out where an error is. */
type LocatedError = CompilerOutputError & { sourceLocation?: { file: string } };

/** Contracts of tests are never deployed on a chain with limits: they may be larger than those allow. */
const SIZE_WARNINGS: readonly (string | undefined)[] = ["3860", "5574"];

/**
 * Makes the build fail when the compiler warns about a file of ours.
 *
 * The warning is turned into an error of the compiler's output, so nothing is cached: the next build warns, and fails,
 * again.
 */
export const warningsAreErrors: HardhatPlugin = {
  id: "memory-vault:warnings-are-errors",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            async invokeSolc(context, compiler, input, config, next) {
              const output = await next(context, compiler, input, config);
              // Instrumented code warns about what the instruments do.
              if (context.globalOptions.coverage) return output;
              const errors: LocatedError[] = output.errors ?? [];
              for (const error of errors) {
                const file = error.sourceLocation?.file ?? "project/";
                const isOurs = file.startsWith("project/");
                const isTestSize =
                  file.startsWith("project/test/") && SIZE_WARNINGS.includes(error.errorCode);
                if (error.severity !== "warning" || !isOurs || isTestSize) continue;
                error.severity = "error";
                error.type = "WarningAsError";
              }
              return output;
            },
          }),
      }),
  },
};
