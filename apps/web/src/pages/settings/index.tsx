import type { ReactNode } from "react";

import { Page } from "../../ui/page.tsx";

/** To be written. */
export const SettingsPage = (): ReactNode => <Page title="Settings">{null}</Page>;
