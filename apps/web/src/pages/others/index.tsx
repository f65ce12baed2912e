import { memo, type ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice, Notice } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { AccountsCard } from "./accounts-card.tsx";
import { AgentsCard } from "./agents-card.tsx";
import { CommitsCard } from "./commits-card.tsx";
import { EventsCard } from "./events-card.tsx";
import { GrantsCard } from "./grants-card.tsx";
import { IncompleteCard } from "./incomplete-card.tsx";
import { LookProgress } from "./look-progress.tsx";
import type { OutsiderView } from "./outsider/seen.ts";
import { ProofCard } from "./proof-card.tsx";
import { ShelvesCard } from "./shelves-card.tsx";
import { TokenCard } from "./token-card.tsx";
import { UnseenCard } from "./unseen-card.tsx";
import { useOutsider } from "./use-outsider.ts";
import "./others.css";

/** What everybody else sees of the vault. It takes the vault's number and the network from the session, and no key. */
export function OthersPage(): ReactNode {
  const { known, network } = useSession();
  const { seen, progress, fault, look, more, stop } = useOutsider({
    ...{ provider: network.provider, store: network.store },
    ...{ deployment: network.config.deployment, vaultId: known.vaultId },
  });
  const action =
    progress === null ? <Button onClick={look}>Look again</Button> : <Button onClick={stop}>Stop</Button>;
  return (
    <Page title="What others see" actions={action}>
      <p>
        This page uses none of your keys. It shows what a stranger finds on the chain
        {network.config.store === "chain" ? "" : ", and what the keeper of your store sees"}.
      </p>
      <LookProgress progress={progress} />
      <FaultNotice fault={fault} />
      {fault !== null && seen !== null && (
        <Notice tone="warn">What is below is of block {seen.block}.</Notice>
      )}
      {seen === null && progress === null && fault === null && <p className="quiet">Nobody looked yet.</p>}
      {seen !== null && (
        <>
          <IncompleteCard seen={seen} busy={progress !== null} onMore={more} />
          <Seen seen={seen} />
        </>
      )}
      <ProofCard head={seen?.head ?? null} />
    </Page>
  );
}

/** What was seen. It is drawn once, not at each step of a look. */
const Seen = memo(function Seen({ seen }: { readonly seen: OutsiderView }): ReactNode {
  const { events, transactions, leftOut } = seen;
  const whole = seen.incomplete.length === 0;
  return (
    <>
      <TokenCard seen={seen} />
      <CommitsCard seen={seen} />
      <GrantsCard grants={seen.grants} whole={seen.whole} />
      <AccountsCard accounts={seen.accounts} keys={seen.keys} />
      <AgentsCard events={events} leftOut={leftOut} grants={seen.grants} />
      <ShelvesCard shelves={seen.shelves} named={seen.named} />
      <UnseenCard />
      <EventsCard {...{ events, transactions, leftOut, whole }} />
    </>
  );
});
