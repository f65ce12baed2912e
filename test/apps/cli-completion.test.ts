import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";
import { Command } from "commander";

import { completionOf, SHELLS, type Shell } from "../../apps/cli/completion.ts";
import { cliIn } from "./cli-world.ts";

/** What the help of a command names, and below which commands it stands. */
interface Helped {
  readonly at: readonly string[];
  readonly commands: readonly string[];
  readonly options: readonly string[];
}

const shell = async (name: Shell, ...argv: string[]): Promise<string> =>
  (await promisify(execFile)(name, argv)).stdout;

const hasZsh = await shell("zsh", "--version").then(
  () => true,
  () => false,
);

describe("memvault completion", function () {
  this.timeout(30_000);
  let home: string;
  let cli: ReturnType<typeof cliIn>["cli"];
  const helped: Helped[] = [];
  const files = { bash: "", zsh: "" };

  /** Reads the help of a command, and of all below it. */
  const read = async (at: readonly string[]): Promise<void> => {
    const { out } = await cli([...at, "--help"]);
    const part = (title: string): string =>
      new RegExp(`^${title}:\\n((?: .*\\n)*)`, "m").exec(out)?.[1] ?? "";
    const names = (text: string, form: RegExp): string[] => [...text.matchAll(form)].map(([, name]) => name!);
    const commands = names(part("Commands"), /^ {2}([a-z][a-z-]*)/gm);
    const options = `${part("Options")}${part("Global Options")}`
      .split("\n")
      .filter((line) => line.startsWith("  -"))
      .flatMap((line) => names(line.trim().split(/ {2}/)[0]!, /(-{1,2}[a-zA-Z][a-zA-Z-]*)/g));
    helped.push({ at, commands, options });
    for (const name of commands) if (name !== "help") await read([...at, name]);
  };

  /** What bash offers for lines of which the last word is being typed. */
  const offered = async (lines: readonly (readonly string[])[]): Promise<string[][]> => {
    const asked = lines.map((words) => {
      const typed = ["memvault", ...words].map((word) => `'${word}'`).join(" ");
      return `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _memvault; echo "\${COMPREPLY[*]}"`;
    });
    const out = await shell("bash", "--norc", "-c", [`source '${files.bash}'`, ...asked].join("\n"));
    return out
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split(" ").filter((word) => word !== ""));
  };

  before(async () => {
    home = await mkdtemp(path.join(tmpdir(), "memvault-completion-"));
    ({ cli } = cliIn(path.join(home, "none")));
    for (const name of SHELLS) {
      files[name] = path.join(home, name);
      await writeFile(files[name], (await cli(["completion", name])).out);
    }
    await read([]);
  });
  after(() => rm(home, { recursive: true }));

  it("has every command and every option of the help, each in its place", async () => {
    expect(helped.length).to.be.greaterThan(40);
    expect(helped.map(({ at }) => at.join(" "))).to.include.members(["bio", "devices add", "completion"]);
    const commands = await offered(helped.map(({ at }) => [...at, ""]));
    const options = await offered(helped.map(({ at }) => [...at, "-"]));
    for (const [i, { at, ...help }] of helped.entries()) {
      const shells = at.join(" ") === "completion" ? [...SHELLS] : help.commands;
      expect(commands[i], at.join(" ")).to.have.members(shells);
      expect(help.options, at.join(" ")).to.include.members(["-h", "--json", "--profile"]);
      expect(options[i], at.join(" ")).to.have.members(help.options);
    }
  });

  it("goes on with what was begun, and takes an option's value for no command", async () => {
    const lines = [["gr"], ["devices", "a"], ["add", "--imp"], ["--profile", "list", "sy"], ["list", "--js"]];
    expect(await offered(lines)).to.deep.equal([
      ...[["grant", "grants"], ["add"], ["--importance"], ["sync"], ["--json"]],
    ]);
    // Names of files are offered there.
    expect(
      await offered([
        ["--profile", "li"],
        ["grant", "--to", ""],
        ["nonsense", "x"],
      ]),
    ).to.deep.equal([...[[], [], []]]);
  });

  it("is a script that bash takes, and that changes nothing but the completion", async () => {
    await shell("bash", "-n", files.bash);
    const line = `set -u; source '${files.bash}'; complete -p memvault; declare -F`;
    expect(await shell("bash", "--norc", "-c", line)).to.equal(
      "complete -o default -F _memvault memvault\ndeclare -f _memvault\n",
    );
  });

  it("has the same words for zsh", async () => {
    const script = (await cli(["completion", "zsh"])).out;
    for (const { at, commands, options } of helped)
      for (const [prefix, names] of [
        ["'", commands],
        ["-'", options],
      ] as const) {
        const place = `      'memvault${at.map((name) => ` ${name}`).join("")}:${prefix}*) `;
        const line = script.split("\n").find((each) => each.startsWith(place));
        for (const name of names) expect(line, `${place}${name}`).to.include(`'${name}:`);
      }
  });

  // Not every machine has one.
  (hasZsh ? it : it.skip)("is a script that zsh takes, and that offers what bash offers", async () => {
    await shell("zsh", "-n", files.zsh);
    const asked = [["gr"], ["devices", "a"], ["--profile", "list", "sy"], ["--profile", "li"]].map(
      (words) => `words=(memvault ${words.join(" ")}); CURRENT=${words.length + 1}; _memvault`,
    );
    const doubles = [
      "compdef() { :; }; _files() { print files; }",
      "_describe() { local -a found=(${(M)${(P)2}:#${words[CURRENT]}*}); print -r -- ${found%%:*}; }",
    ];
    const out = await shell("zsh", "-f", "-c", [...doubles, `source '${files.zsh}'`, ...asked].join("\n"));
    expect(out).to.equal("grant grants\nadd\nsync\nfiles\n");
  });

  it("quotes what a description says", async () => {
    const marker = path.join(home, "ran");
    const evil = new Command("tool").exitOverride();
    evil.command("one").summary(`it's $(touch ${marker}) \`touch ${marker}\` "`);
    for (const name of SHELLS) {
      const file = path.join(home, `evil-${name}`);
      await writeFile(file, completionOf(evil, name));
      if (name === "zsh") expect(completionOf(evil, name)).to.include(`'one:it'\\''s $(touch`);
      else await shell("bash", "--norc", "-c", `source '${file}'; COMP_WORDS=(tool ''); COMP_CWORD=1; _tool`);
    }
    expect(await promisify(execFile)("ls", [home]).then(({ stdout }) => stdout)).to.not.include("ran");
  });

  it("is for shells that it knows, and needs no profile", async () => {
    expect((await cli(["completion", "fish"])).code).to.equal(2);
    expect((await cli(["completion"])).code).to.equal(2);
    expect((await cli(["completion", "bash"])).code).to.equal(0);
  });
});
