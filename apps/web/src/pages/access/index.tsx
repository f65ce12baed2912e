import type { ReactNode } from "react";

import { Page } from "../../ui/page.tsx";

/** To be written. */
export const AccessPage = (): ReactNode => <Page title="Access">{null}</Page>;
