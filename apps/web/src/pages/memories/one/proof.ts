import { headOf, proveMemory, read, type MemoryProof, type Vault } from "../../../../../../client/index.ts";

/** A memory's proof, and the commit that it holds for. */
export interface Proven {
  readonly sequence: bigint;
  readonly stateRoot: string;
  readonly root: string;
  readonly final: boolean;
  readonly proof: MemoryProof;
}

/**
 * Reads the vault whole, proves one memory of it, and says of which commit that is: begun again when another commit comes between.
 *
 * @throws What `read` and `proveMemory` do.
 */
export async function prove(vault: Vault, id: string): Promise<Proven> {
  for (;;) {
    const { sequence, stateRoot, root, final } = await read(vault);
    const proof = await proveMemory(vault, id);
    if ((await headOf(vault)).stateRoot === stateRoot) return { sequence, stateRoot, root, final, proof };
  }
}

/** Asks the vault's contract whether a proof holds; whoever answers for the chain sees the memory. */
export const verifiedOnChain = (
  vault: Vault,
  { memoryPath, scopePath, ...proof }: MemoryProof,
): Promise<boolean> =>
  vault.contract.verifyMemory(vault.ref.vaultId, {
    ...proof,
    memoryPath: [...memoryPath],
    scopePath: [...scopePath],
  });

/** A proof as a file: what `verifyMemory` takes, and of which vault and commit it is. */
export function proofJson({ ref }: Pick<Vault, "ref">, { sequence, stateRoot, root, proof }: Proven): string {
  return JSON.stringify(
    {
      chainId: ref.chainId.toString(),
      contract: ref.contract,
      vaultId: `0x${ref.vaultId.toString(16).padStart(64, "0")}`,
      sequence: sequence.toString(),
      stateRoot,
      root,
      proof: {
        record: hex(proof.record),
        memoryPath: proof.memoryPath.map(hex),
        scopeId: hex(proof.scopeId),
        count: proof.count.toString(),
        scopeSalt: hex(proof.scopeSalt),
        scopePath: proof.scopePath.map(hex),
      },
    },
    null,
    2,
  );
}

const hex = (bytes: Uint8Array): string =>
  `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
