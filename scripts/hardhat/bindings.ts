import type { HardhatPlugin } from "hardhat/types/plugins";

/**
 * Makes the generated bindings the same on every machine.
 *
 * TypeChain writes them in the order in which the file system happened to list the artifacts. Handlers of this hook run
 * in the order of the plugins and are given one array, so this plugin stands before the toolbox and sorts it.
 */
export const sortedBindings: HardhatPlugin = {
  id: "memory-vault:sorted-bindings",
  hookHandlers: {
    solidity: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            processArtifactsAfterSuccessfulBuild(_context, artifactPaths) {
              (artifactPaths as string[]).sort();
              return Promise.resolve();
            },
          }),
      }),
  },
};
