import type { ReactNode } from "react";

import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";

/** What somebody can come for. */
export type Choice = "create" | "recover" | "join" | "accept" | "sample";

interface ChoicesProps {
  /** Whether this page's host has a vault to look at. */
  readonly sample: boolean;
  readonly onChoose: (choice: Choice) => void;
  /** Above the choices. */
  readonly children?: ReactNode;
}

interface Offer {
  readonly choice: Choice;
  readonly title: string;
  readonly about: string;
}

const OFFERS: readonly Offer[] = [
  {
    choice: "create",
    title: "Create a vault",
    about: "A vault of your own. You write down 24 words, and your wallet mints it in one transaction.",
  },
  {
    choice: "recover",
    title: "Recover with the 24 words",
    about: "Your vault, on a new browser: from the sheet with the words.",
  },
  {
    choice: "join",
    title: "Use your vault on a further device",
    about: "Let this browser in from a device that has your vault open. No words are needed.",
  },
  {
    choice: "accept",
    title: "Read a vault that was granted to you",
    about: "Give its owner this browser's key, and open the welcome that you get.",
  },
];

const SAMPLE: Offer = {
  choice: "sample",
  title: "Open the sample vault",
  about: "A vault that was filled to be looked at. Its words are no secret.",
};

/** Where everybody begins. */
export const Choices = ({ sample, onChoose, children }: ChoicesProps): ReactNode => (
  <Page title="Memory Vault">
    <p>
      Your AI memories in a vault that you own. It opens on your own devices, with your own keys; this page
      has no server behind it.
    </p>
    {children}
    {[...(sample ? [SAMPLE] : []), ...OFFERS].map(({ choice, title, about }, i) => (
      <section key={choice} className="card">
        <p id={`about-${choice}`}>{about}</p>
        <div className="row">
          <Button
            kind={i === 0 ? "primary" : "plain"}
            aria-describedby={`about-${choice}`}
            onClick={() => onChoose(choice)}
          >
            {title}
          </Button>
        </div>
      </section>
    ))}
  </Page>
);
