import type { ReactNode } from "react";

import { FaultNotice } from "../../ui/notice.tsx";
import type { Task } from "./use-task.ts";

/** What runs, and why the last one failed. */
export const TaskNotice = ({ task }: { readonly task: Task }): ReactNode => (
  <>
    <p role="status" className={task.running === null ? "hidden-visually" : "quiet"}>
      {task.running ?? ""}
    </p>
    <FaultNotice fault={task.fault} />
  </>
);
