import { Argument } from "commander";

import type { Cli } from "../cli.ts";
import { completionOf, SHELLS, type Shell } from "../completion.ts";

export const addCompletion = (cli: Cli): void => {
  cli
    .add(
      {
        usage: "completion",
        summary: "Print what makes a shell complete commands and options",
        about:
          "It is made from the help, and asks neither chain nor keys: put the line into .bashrc, or into .zshrc after compinit.",
        examples: ['eval "$(memvault completion bash)"', 'eval "$(memvault completion zsh)"'],
      },
      (_session, _options, [shell]) => {
        const script = completionOf(cli.program, shell as Shell);
        return Promise.resolve({ json: { shell, script }, lines: [script.trimEnd()] });
      },
    )
    .addArgument(new Argument("<shell>", "which").choices(SHELLS));
};
