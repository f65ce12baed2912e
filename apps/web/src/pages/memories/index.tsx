import type { ReactNode } from "react";

import { Page } from "../../ui/page.tsx";

/** To be written. */
export const MemoriesPage = (): ReactNode => <Page title="Memories">{null}</Page>;
