import type { ReactNode } from "react";

import { Page } from "../../ui/page.tsx";

/** To be written. */
export const OthersPage = (): ReactNode => <Page title="Others">{null}</Page>;
