#!/usr/bin/env node
import { run } from "./run.ts";
import { systemWorld } from "./world.ts";

// A reader that closes the pipe early, as `head` does, is no fault.
process.stdout.on("error", (fault: NodeJS.ErrnoException) => {
  if (fault.code === "EPIPE") process.exit(0);
  throw fault;
});

process.exitCode = await run(process.argv.slice(2), systemWorld());
