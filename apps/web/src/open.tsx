import { lazy, Suspense, useEffect, useState, type ComponentType, type ReactNode } from "react";

import { ROUTES, useRoute, type Route } from "./session/route.ts";
import { SessionProvider, useSession, type Session } from "./session/session.tsx";
import { ViewProvider } from "./session/view.tsx";
import { WaitingBar } from "./session/waiting-bar.tsx";
import { Boundary } from "./ui/boundary.tsx";
import { Button } from "./ui/button.tsx";
import { FrameContext } from "./ui/page.tsx";
import { PlainText } from "./ui/plain-text.tsx";

interface Entry {
  readonly title: string;
  /** In the bar of a phone: words of the title. */
  readonly short?: string;
  readonly page: ComponentType;
}

/** Each page is fetched when it is first opened. */
const PAGES: Readonly<Record<Route, Entry>> = {
  memories: {
    title: "Memories",
    page: lazy(async () => ({ default: (await import("./pages/memories/index.tsx")).MemoriesPage })),
  },
  access: {
    title: "Access",
    page: lazy(async () => ({ default: (await import("./pages/access/index.tsx")).AccessPage })),
  },
  others: {
    title: "What others see",
    short: "Others",
    page: lazy(async () => ({ default: (await import("./pages/others/index.tsx")).OthersPage })),
  },
  health: {
    title: "Health",
    page: lazy(async () => ({ default: (await import("./pages/health/index.tsx")).HealthPage })),
  },
  settings: {
    title: "Settings",
    page: lazy(async () => ({ default: (await import("./pages/settings/index.tsx")).SettingsPage })),
  },
};

/** The frame around the pages of an open vault. */
export function Open({ session }: { readonly session: Session }): ReactNode {
  const route = useRoute();
  const { page: Shown } = PAGES[route];
  return (
    <SessionProvider session={session}>
      <ViewProvider>
        <div className="frame">
          <a className="skip" href="#page" onClick={skipToPage}>
            Skip to the page
          </a>
          <nav className="frame-nav" aria-label="Pages">
            <VaultName key={route} />
            {ROUTES.map((name) => (
              <a key={name} href={`#/${name}`} aria-current={name === route ? "page" : undefined}>
                <Title entry={PAGES[name]} />
              </a>
            ))}
            <Button onClick={session.lock}>Lock</Button>
          </nav>
          <main className="frame-main" id="page" tabIndex={-1}>
            <WaitingBar />
            <FrameContext value={true}>
              <Boundary key={route}>
                <Suspense fallback={<p className="page quiet">Loading…</p>}>
                  <Shown />
                </Suspense>
              </Boundary>
            </FrameContext>
          </main>
        </div>
      </ViewProvider>
    </SessionProvider>
  );
}

/** What the person calls the open vault; nothing where it has no name, and on a phone. It is looked up with each page: it may have been renamed. */
function VaultName(): ReactNode {
  const { known, profile } = useSession();
  const [label, setLabel] = useState(known.label);
  useEffect(() => {
    profile.vaults().then(
      (vaults) => {
        const found = vaults.find(
          ({ vaultId, contract }) => vaultId === known.vaultId && contract === known.contract,
        );
        if (found !== undefined) setLabel(found.label);
      },
      () => undefined,
    );
  }, [profile, known]);
  if (label === "") return null;
  return (
    <p className="frame-vault">
      <PlainText text={label} />
    </p>
  );
}

/** A page's title as the bar has it; a screen reader hears the whole of it on a phone too. */
const Title = ({ entry: { title, short } }: { readonly entry: Entry }): ReactNode =>
  short === undefined ? (
    title
  ) : (
    <>
      <span className="nav-long">{title}</span>
      <span className="nav-short" aria-hidden="true">
        {short}
      </span>
    </>
  );

/** The address names pages: it must not change when somebody only skips the bar. */
function skipToPage(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById("page")?.focus();
}
