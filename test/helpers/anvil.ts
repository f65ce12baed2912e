import { spawn } from "node:child_process";
import { Socket } from "node:net";

import { anvilBinary } from "../../apps/cli/devnode.ts";

/** The first of the keys that every anvil and Hardhat node knows. */
export const ANVILS_FIRST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/** What an anvil node starts with. */
export interface AnvilOptions {
  /** The chain id. Default: 31337. */
  readonly chainId?: number;
  /** An address of this machine. Default: 127.0.0.1. */
  readonly host?: string;
  /** The port. Default: a free one. */
  readonly port?: number;
  /** A file that the chain is loaded from, if it exists, and kept in when the node stops. */
  readonly state?: string;
  /** `finalized` is two epochs behind `latest`; anvil's default of 32 slots makes that 64 blocks. */
  readonly slotsInAnEpoch?: number;
  /** The rules of the EVM, such as `cancun`. Default: anvil's newest. */
  readonly hardfork?: string;
  /** Seconds between blocks. Default: a block for each transaction. */
  readonly blockTime?: number;
  /** Further arguments, as anvil takes them. */
  readonly args?: readonly string[];
  /** Milliseconds until the node must answer. Default: 20,000. */
  readonly timeout?: number;
}

/** A running node. */
export interface Anvil extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly chainId: number;
  /** Ends the node and waits until it is gone, its state written. */
  stop(): Promise<void>;
}

/** The node did not start, with what it said. */
export class AnvilError extends Error {
  override readonly name = "AnvilError";
}

/**
 * Starts npm's anvil on this machine and waits until it answers.
 *
 * @throws AnvilError if the node ends, or does not answer in time.
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const { chainId = 31337, host = "127.0.0.1", timeout = 20_000 } = options;
  const child = spawn(
    anvilBinary(),
    [
      ...["--host", host, "--port", String(options.port ?? 0), "--chain-id", String(chainId)],
      ...(options.state === undefined ? [] : ["--state", options.state]),
      ...(options.slotsInAnEpoch === undefined
        ? []
        : ["--slots-in-an-epoch", String(options.slotsInAnEpoch)]),
      ...(options.hardfork === undefined ? [] : ["--hardfork", options.hardfork]),
      ...(options.blockTime === undefined ? [] : ["--block-time", String(options.blockTime)]),
      ...(options.args ?? []),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  // A node must not outlive the process that started it, whatever way that ends.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => {
      process.removeListener("exit", kill);
      resolve();
    });
  });

  let said = "";
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (reason: string, cause?: Error) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new AnvilError(`anvil ${reason}\n${said}`.trim(), { cause }));
    };
    const timer = setTimeout(() => {
      fail(`did not answer within ${String(timeout)} ms`);
    }, timeout);
    const listen = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-16_384);
      // Printed once the socket is open: from here on requests are answered.
      const listening = /Listening on 127(?:\.\d+){3}:(\d+)/.exec(said)?.[1];
      if (listening === undefined) return;
      clearTimeout(timer);
      resolve(Number(listening));
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("error", (error) => {
      fail("did not start", error);
    });
    child.once("close", (code) => {
      fail(`ended with ${String(code)}`);
    });
  });
  // From here on nothing of the node keeps this process alive: a test that failed to stop it would hang the whole run.
  child.unref();
  for (const stream of [child.stdout, child.stderr]) {
    // The pipes must be read on, or the node would block when they are full; what they carry is not kept.
    stream.removeAllListeners("data").resume();
    if (stream instanceof Socket) stream.unref();
  }

  const stop = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(kill, 10_000);
    await gone;
    clearTimeout(timer);
  };
  // A spawned process has a pid unless "error" was emitted.
  const anvil: Anvil = {
    url: `http://${host}:${String(port)}`,
    port,
    pid: child.pid ?? 0,
    chainId,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  await rpc(anvil.url, "eth_chainId");
  return anvil;
}

/**
 * One JSON-RPC request.
 *
 * @throws AnvilError with the node's message if it refuses.
 */
export async function rpc(url: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error !== undefined) throw new AnvilError(`${method}: ${answer.error.message}`);
  return answer.result;
}
