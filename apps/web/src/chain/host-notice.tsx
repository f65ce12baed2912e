import { useEffect, useState, type ReactNode } from "react";

import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { PlainText } from "../ui/plain-text.tsx";
import { differences } from "./config.ts";
import type { NetworkConfig } from "./network.ts";
import { hosted } from "./page.ts";

/**
 * Says where the network is another one than the page's host names. What this browser kept of it is not sealed: whoever can write to
 * its disk could have put in an RPC or a store of their own.
 */
export function HostNotice({ config }: { readonly config: NetworkConfig }): ReactNode {
  const [found, setFound] = useState<readonly string[]>([]);
  useEffect(() => {
    hosted().then(
      (file) => setFound(file === null ? [] : differences(config, file.config)),
      () => setFound([]),
    );
  }, [config]);
  if (found.length === 0) return null;
  return (
    <Notice tone="warn">
      <p>
        This browser uses another network than this page was made for. Different: {found.join(", ")}. It is{" "}
        <PlainText text={config.name} />. If you did not set that, change it in the settings before you go on.
      </p>
      <div className="row">
        <Button onClick={() => setFound([])}>I set that</Button>
      </div>
    </Notice>
  );
}
