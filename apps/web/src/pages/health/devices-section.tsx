import { useCallback, useState, type ReactNode } from "react";

import { collectWelcome } from "../../../../../client/index.ts";
import { devices, type DeviceEntry } from "../../../../../client/manage.ts";
import { useSession } from "../../session/session.tsx";
import { Button } from "../../ui/button.tsx";
import { FaultNotice } from "../../ui/notice.tsx";
import { PlainText } from "../../ui/plain-text.tsx";
import { AddDevice } from "./add-device.tsx";
import { DeviceWelcome } from "./device-welcome.tsx";
import { keyDigest } from "./key-digest.ts";
import { RemoveDevice } from "./remove-device.tsx";
import { useLoaded } from "./use-loaded.ts";

type Open = { readonly kind: "add" } | { readonly kind: "welcome" | "remove"; readonly device: DeviceEntry };

interface Shown extends DeviceEntry {
  /** Whether its welcome is to be carried over. */
  readonly hasWelcome: boolean;
}

/** The devices that read and write everything, and the words. */
export function DevicesSection(): ReactNode {
  const { vault } = useSession();
  const load = useCallback(
    async (): Promise<readonly Shown[]> =>
      Promise.all(
        (await devices(vault)).map(async (device) =>
          Object.assign(device, { hasWelcome: (await collectWelcome(vault, device.id)) !== null }),
        ),
      ),
    [vault],
  );
  const { value, fault, reload } = useLoaded(load);
  const [open, setOpen] = useState<Open | null>(null);
  const close = (): void => {
    setOpen(null);
    reload();
  };
  return (
    <section className="card" aria-labelledby="health-devices">
      <h2 id="health-devices">Your devices</h2>
      <p>Each of these reads and writes everything. Compare a key with what its own device shows.</p>
      <FaultNotice fault={fault} />
      {value?.length === 0 && <p>This device and the words come in with your first commit.</p>}
      <ul className="health-devices">
        {(value ?? []).map((device) => (
          <DeviceLine key={device.id} device={device} onOpen={setOpen} />
        ))}
      </ul>
      <div className="row">
        <Button onClick={() => setOpen({ kind: "add" })}>Add a device…</Button>
      </div>
      {open?.kind === "add" && <AddDevice onClose={close} />}
      {open?.kind === "welcome" && <DeviceWelcome device={open.device} onClose={close} />}
      {open?.kind === "remove" && <RemoveDevice device={open.device} onClose={close} />}
    </section>
  );
}

interface DeviceLineProps {
  readonly device: Shown;
  readonly onOpen: (open: Open) => void;
}

const DeviceLine = ({ device, onOpen }: DeviceLineProps): ReactNode => (
  <li className="health-device">
    <div className="row">
      <strong>
        <PlainText text={device.label} />
      </strong>
      {device.own && <span className="badge badge-good">this device</span>}
      <span className="quiet">
        {device.since === 0n ? "from the beginning" : `since commit ${String(device.since)}`}
      </span>
    </div>
    <div className="quiet">
      Key <code>{keyDigest(device.recipient)}</code>
    </div>
    <div className="row">
      {device.hasWelcome && (
        <Button onClick={() => onOpen({ kind: "welcome", device })}>Hand over its welcome…</Button>
      )}
      {!device.own && (
        <Button
          kind="danger"
          aria-label={`Remove ${device.label}…`}
          onClick={() => onOpen({ kind: "remove", device })}
        >
          Remove…
        </Button>
      )}
    </div>
  </li>
);
