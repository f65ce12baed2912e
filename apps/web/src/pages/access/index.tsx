import type { ReactNode } from "react";

import { useSession } from "../../session/session.tsx";
import { OwnerAccess } from "./owner-access.tsx";
import { ReaderAccess } from "./reader-access.tsx";
import "./access.css";

/** Who can read what until when; for a reader: what it may read itself. */
export function AccessPage(): ReactNode {
  const { known } = useSession();
  return known.role === "owner" ? <OwnerAccess /> : <ReaderAccess />;
}
