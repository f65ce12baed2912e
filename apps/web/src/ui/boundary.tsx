import { Component, type ReactNode } from "react";

import { Button } from "./button.tsx";
import { FaultNotice } from "./notice.tsx";

interface BoundaryProps {
  readonly children: ReactNode;
}

/** Shows a failure of what it holds in its place: one page that fails takes no other with it. React has this as a class only. */
export class Boundary extends Component<BoundaryProps, { readonly fault: unknown }> {
  override state: { readonly fault: unknown } = { fault: null };

  static getDerivedStateFromError(fault: unknown): { readonly fault: unknown } {
    return { fault };
  }

  override render(): ReactNode {
    if (this.state.fault === null) return this.props.children;
    return (
      <div className="page">
        <FaultNotice fault={this.state.fault} />
        <div className="row">
          <Button kind="primary" onClick={() => location.reload()}>
            Reload
          </Button>
        </div>
      </div>
    );
  }
}
