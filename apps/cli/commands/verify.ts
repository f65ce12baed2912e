import { pending, proveMemory, read, status, type Vault } from "../../../client/index.ts";
import type { Cli } from "../cli.ts";
import { look, memoryNamed } from "../look.ts";
import { idText } from "../profile.ts";
import { count, facts, green, oneLine } from "../terminal.ts";

interface Options {
  readonly memory?: string;
}

export const addVerify = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "verify",
      summary: "Prove that what you hold is complete, unaltered and current",
      about:
        "Every blob is read and hashed, every scope's root is built from all of its records, and the whole is held against the\n" +
        "root on chain. With --memory the contract itself checks one memory's proof, which shows it to the RPC.",
      examples: [
        "memvault verify",
        "memvault verify --memory 1f3a9c02",
        "memvault verify --json && echo fine",
      ],
      options: [["--memory <id>", "have the contract check this one as well"]],
    },
    async (session, { memory }) => {
      const { vault } = await session.vault(null);
      // Nothing is returned unless all of it holds.
      const { sequence, root, stateRoot, epoch, final, scopes } = await read(vault);
      const { pinned, rpcs } = await status(vault);
      const waiting = (await pending(vault)).length;
      const total = scopes.reduce((sum, { memories }) => sum + memories.length, 0);
      const checked = memory === undefined ? null : memoryNamed(await look(vault), memory).memory.id;
      const onChain = checked === null ? null : await onChainProof(vault, checked);
      const ok = (text: string): string => `${green("✓")} ${text}`;
      return {
        json: {
          ...{ vaultId: idText(vault.ref.vaultId), chainId: vault.ref.chainId, contract: vault.ref.contract },
          ...{ complete: true, unaltered: true, current: true, final },
          ...{ sequence, pinned, epoch, root, stateRoot, rpcs, memories: total, pending: waiting },
          scopes: scopes.map(({ id, name, memories }) => ({ id, name, count: memories.length })),
          ...(checked === null ? {} : { memory: { id: checked, onChain } }),
        },
        lines: [
          ok(
            `complete   ${count(total, "memory", "memories")} in ${count(scopes.length, "scope")}: ${scopes.map(({ name, memories }) => `${oneLine(name)} ${memories.length}`).join(", ")}`,
          ),
          ok(`unaltered  every record is under the root that is on chain`),
          ok(`current    commit ${sequence}, ${final ? "final" : "not final yet"}`),
          ...(onChain === null
            ? []
            : [
                onChain
                  ? ok("on chain   the contract verifies the memory")
                  : "The contract does NOT verify the memory.",
              ]),
          "",
          ...facts([
            ["Root", root],
            ["State root", stateRoot],
          ]),
          ...(waiting > 0
            ? [`${count(waiting, "operation")} in the journal, not committed or not final.`]
            : []),
          rpcs === 1
            ? "One RPC was asked. A lying one could show an old state to a device that knows nothing newer."
            : "Two RPCs were asked, and agree.",
        ],
      };
    },
  );
};

/** Whether the contract finds a memory under the present head. */
async function onChainProof(vault: Vault, id: string): Promise<boolean> {
  const { memoryPath, scopePath, ...proof } = await proveMemory(vault, id);
  return vault.contract.verifyMemory(vault.ref.vaultId, {
    ...proof,
    memoryPath: [...memoryPath],
    scopePath: [...scopePath],
  });
}
