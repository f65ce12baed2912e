import type { ReactNode } from "react";

import type { Session } from "../../session/session.tsx";
import { Page } from "../../ui/page.tsx";

/** Everything before a vault is open: to be written. */
export const Start = (props: { readonly children: (session: Session) => ReactNode }): ReactNode => (
  <Page title="Memory Vault">{props.children.length}</Page>
);
