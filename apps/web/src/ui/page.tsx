import { createContext, use, useEffect, useRef, type ReactNode } from "react";

/** Whether a frame stands around the page, and is its landmark. */
export const FrameContext = createContext(false);

interface PageProps {
  readonly title: string;
  /** Buttons beside the title. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** A page: its title gets the focus when it opens, so that a screen reader begins there. */
export function Page({ title, actions, children }: PageProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const Landmark = use(FrameContext) ? "div" : "main";
  useEffect(() => {
    document.title = `${title} · Memory Vault`;
    heading.current?.focus();
  }, [title]);
  return (
    <Landmark className="page">
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions !== undefined && <div className="row">{actions}</div>}
      </div>
      {children}
    </Landmark>
  );
}
