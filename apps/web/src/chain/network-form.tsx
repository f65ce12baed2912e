import { useState, type ReactNode } from "react";

import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { FaultNotice } from "../ui/notice.tsx";
import { fieldFaults, FIELDS, formOf, networkOf, tokenOf, type NetworkFields } from "./network-fields.ts";
import type { Network, NetworkConfig } from "./network.ts";
import { keepNetwork, reach, storeTokens } from "./page.ts";

interface NetworkFormProps {
  /** What stands there at first; `null`: nothing. */
  readonly config: NetworkConfig | null;
  /** It was reached, and is kept. */
  readonly onSaved: (network: Network) => void;
}

/** Names a network by hand. It is reached before it is kept; what was typed stays where that fails. */
export function NetworkForm({ config, onSaved }: NetworkFormProps): ReactNode {
  const [fields, setFields] = useState<NetworkFields>(() => formOf(config));
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const faults = tried ? fieldFaults(fields) : {};
  const save = async (): Promise<void> => {
    setTried(true);
    setFault(null);
    if (Object.keys(fieldFaults(fields)).length > 0) return;
    setBusy(true);
    setFault(null);
    try {
      const chosen = networkOf(fields);
      const token = tokenOf(fields);
      if (token !== null) storeTokens.set(token.host, token.token);
      const network = await reach(chosen);
      await keepNetwork(chosen);
      onSaved(network);
    } catch (thrown) {
      setFault(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {FIELDS.map(({ name, label, hint, secret }) => (
        <Field key={name} label={label} hint={hint} fault={faults[name] ?? null}>
          {(ids) => (
            <input
              {...ids}
              type={secret ? "password" : "text"}
              autoComplete="off"
              spellCheck={false}
              value={fields[name]}
              onChange={({ target }) => setFields((before) => ({ ...before, [name]: target.value }))}
            />
          )}
        </Field>
      ))}
      <FaultNotice fault={fault} />
      <div className="row">
        <Button kind="primary" type="submit" busy={busy}>
          {busy ? "Looking at the network…" : "Check and save"}
        </Button>
      </div>
    </form>
  );
}
