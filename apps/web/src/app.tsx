import type { ReactNode } from "react";

import { AccessPage } from "./pages/access/index.tsx";
import { HealthPage } from "./pages/health/index.tsx";
import { MemoriesPage } from "./pages/memories/index.tsx";
import { OthersPage } from "./pages/others/index.tsx";
import { SettingsPage } from "./pages/settings/index.tsx";
import { Start } from "./pages/start/index.tsx";
import { ROUTES, useRoute, type Route } from "./session/route.ts";
import { SessionProvider, type Session } from "./session/session.tsx";
import { ViewProvider } from "./session/view.tsx";
import { Button } from "./ui/button.tsx";

/** The whole app: what opens a vault, and the pages of an open one. */
export const App = (): ReactNode => <Start>{(session) => <Open session={session} />}</Start>;

const PAGES: Readonly<Record<Route, { readonly title: string; readonly page: () => ReactNode }>> = {
  memories: { title: "Memories", page: MemoriesPage },
  access: { title: "Access", page: AccessPage },
  others: { title: "What others see", page: OthersPage },
  health: { title: "Health", page: HealthPage },
  settings: { title: "Settings", page: SettingsPage },
};

/** The frame around the pages of an open vault. */
function Open({ session }: { readonly session: Session }): ReactNode {
  const route = useRoute();
  const { page: Shown } = PAGES[route];
  return (
    <SessionProvider session={session}>
      <ViewProvider>
        <div className="frame">
          <nav className="frame-nav" aria-label="Pages">
            {ROUTES.map((name) => (
              <a key={name} href={`#/${name}`} aria-current={name === route ? "page" : undefined}>
                {PAGES[name].title}
              </a>
            ))}
            <Button onClick={session.lock}>Lock</Button>
          </nav>
          <main className="frame-main">
            <Shown key={route} />
          </main>
        </div>
      </ViewProvider>
    </SessionProvider>
  );
}
