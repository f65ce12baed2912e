import { fileURLToPath } from "node:url";

import { overrideTask } from "hardhat/config";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { FileBuildResultType } from "hardhat/types/solidity";

/** The doubles that TypeScript deploys. None of them needs more of ours than the base of agents, so they are soon compiled. */
export const DOUBLES = [
  "BareSlots",
  "BoastfulAgent",
  "BoundToken",
  "CodeJudgingRegistry",
  "DirtyWallet",
  "EchoingAgent",
  "ForgetfulRegistry",
  "ForgetfulToken",
  "Guestbook",
  "GullibleRegistry",
  "LenientToken",
  "LooseToken",
  "LyingWallet",
  "MislabelledGuestbook",
  "NaiveVault",
  "OrdinaryEscrow",
  "OrdinaryToken",
  "PedanticWallet",
  "PlainRegistry",
  "PlainToken",
  "RefusingWallet",
  "RevertingWallet",
  "ScriptedReceiver",
  "SilentDelegate",
  "TerseWallet",
  "WatchfulWallet",
  "WritingWallet",
] as const;

/** Hardhat compiles the contracts of tests apart from ours, and not at all for Mocha. */
async function build({ solidity }: HardhatRuntimeEnvironment): Promise<void> {
  const files = DOUBLES.map((name) => fileURLToPath(new URL(`${name}.sol`, import.meta.url)));
  const result = await solidity.build(files, { scope: "tests", quiet: true });
  const failed =
    !solidity.isSuccessfulBuildResult(result) ||
    [...result.values()].some(({ type }) => type === FileBuildResultType.BUILD_FAILURE);
  if (failed) throw new Error("the doubles do not compile");
}

/** Compiles the doubles before Mocha begins: a test's time is not the compiler's, and its workers write one folder. */
export const doublesFirst = overrideTask(["test", "mocha"])
  .setInlineAction(async (args, hre, runSuper) => {
    if (args.noCompile !== true) await build(hre);
    return (await runSuper(args)) as unknown;
  })
  .build();
