import { task } from "hardhat/config";

/** The project's tasks: `npx hardhat <task> --network <network>`, or `npm run <task> -- --network <network>`. */
export const tasks = [
  task("deploy", "Deploys the vault, the key registry and the blob log, or adopts those that stand")
    // Imported late, so that every other task starts without it.
    .setInlineAction(async (_args, hre) => {
      const { deploy } = await import("../deploy.ts");
      const connection = await hre.network.create();
      try {
        return await deploy(hre, connection);
      } finally {
        await connection.close();
      }
    })
    .build(),
];
