import type { ReactNode } from "react";

import { Page } from "../../ui/page.tsx";

/** To be written. */
export const HealthPage = (): ReactNode => <Page title="Health">{null}</Page>;
