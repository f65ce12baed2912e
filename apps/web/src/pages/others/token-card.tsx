import { toBeHex } from "ethers";
import type { ReactNode } from "react";

import { Facts } from "../../ui/facts.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { numberText } from "../../ui/texts.ts";
import { Address } from "./address.tsx";
import type { OutsiderView } from "./outsider/seen.ts";
import { momentText } from "./plot/words.ts";

/** The token as a marketplace shows it, and the head as the contract tells it. */
export function TokenCard({ seen }: { readonly seen: OutsiderView }): ReactNode {
  const { head, token, chainId, contract, vaultId, block, time } = seen;
  const isBurned = /^0x0+$/.test(head.owner);
  return (
    <section className="card others-token" aria-labelledby="others-token">
      {token !== null && (
        <img
          className="others-picture"
          src={token.image}
          alt="The vault's picture: the dial of a safe, drawn by the contract from the vault's number alone."
          width={220}
          height={220}
        />
      )}
      <div className="stack">
        <h2 id="others-token">{token === null ? "The token" : <PlainText text={token.name} />}</h2>
        {token !== null && (
          <p className="quiet">
            <PlainText text={token.description} />
          </p>
        )}
        <Facts
          facts={[
            ["Owner", isBurned ? "nobody: the vault was burned" : <Address of={head.owner} />],
            ["May commit", <Address of={head.authorizer} />],
            ["Commits", numberText(head.sequence)],
            ["Owners so far", numberText(head.generation)],
            ["Changes of owner or commit key", numberText(head.configNonce)],
            ["Transfers", head.locked ? "locked" : "open: it can be transferred"],
            [
              "Newest commit written by",
              head.foreign ? "another program, in a format of its own" : "Memory Vault",
            ],
            ["Fingerprint of all memories (root)", <Address of={head.root} />],
            ["Where the newest commit lies, masked", <Address of={head.pointer} />],
            ["Fingerprint of the vault's state (state root)", <Address of={head.stateRoot} />],
            ["Vault", <Address of={toBeHex(vaultId, 32)} />],
            ["Contract", <Address of={contract} />],
            ["Chain", String(chainId)],
            ["As of", `block ${numberText(block)}, ${momentText(time)}`],
          ]}
        />
      </div>
    </section>
  );
}
