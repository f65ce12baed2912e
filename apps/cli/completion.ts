import type { Command, Help, Option } from "commander";

/** The shells that a completion is written for. */
export const SHELLS = ["bash", "zsh"] as const;
export type Shell = (typeof SHELLS)[number];

/** A word that may come next, and what it is. */
interface Word {
  readonly name: string;
  readonly text: string;
}

/** What may follow a command. */
interface Place {
  /** The commands that lead here: `memvault devices add`. */
  readonly at: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
  /** What an argument may be, where that is settled. */
  readonly choices: readonly Word[];
  /** Options that take the next word. */
  readonly takers: readonly string[];
}

/**
 * Writes a shell's completion of a program, of what its help shows.
 *
 * @param program - With all of its commands.
 */
export function completionOf(program: Command, shell: Shell): string {
  const places = placesBelow(program, program.name(), program.createHelp());
  return shell === "bash" ? bash(program.name(), places) : zsh(program.name(), places);
}

function placesBelow(command: Command, at: string, help: Help): Place[] {
  const below = help.visibleCommands(command);
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  const place: Place = {
    at,
    commands: below.map((each) => ({ name: each.name(), text: help.subcommandDescription(each) })),
    options: options.flatMap((option) =>
      namesOf(option).map((name) => ({ name, text: help.optionDescription(option) })),
    ),
    choices: choices.map((name) => ({ name, text: "" })),
    takers: options.filter(({ required }) => required).flatMap(namesOf),
  };
  return [place, ...below.flatMap((each) => placesBelow(each, `${at} ${each.name()}`, help))];
}

const namesOf = ({ short, long }: Option): string[] => [short, long].filter((name) => name !== undefined);

/** Both shells go through what was typed alike: the last command is where one is, and an option's value is no command. */
const walk = (places: readonly Place[], words: string, first: number, current: string): string => `
  local at=${quoted(places[0]?.at ?? "")} i
  for ((i = ${first}; i < ${current}; i++)); do
    case "$at:\${${words}[i]}" in
${places
  .flatMap(({ at, commands, takers }) => [
    ...(takers.length === 0
      ? []
      : [`      ${takers.map((name) => quoted(`${at}:${name}`)).join("|")}) ((i += 1)) ;;`]),
    ...commands.map(({ name }) => `      ${quoted(`${at}:${name}`)}) at=${quoted(`${at} ${name}`)} ;;`),
  ])
  .join("\n")}
    esac
  done`;

const bash = (name: string, places: readonly Place[]): string => `# Completion of ${name} for bash.
_${name}() {${walk(places, "COMP_WORDS", 1, "COMP_CWORD")}
  COMPREPLY=()
  ((i > COMP_CWORD)) && return
  local current="\${COMP_WORDS[COMP_CWORD]}" candidates=
  case "$at:$current" in
${places
  .flatMap(({ at, commands, choices, options }) => [
    `    ${quoted(`${at}:-`)}*) candidates=${quoted(spaced(options))} ;;`,
    `    ${quoted(`${at}:`)}*) candidates=${quoted(spaced([...commands, ...choices]))} ;;`,
  ])
  .join("\n")}
  esac
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -o default -F _${name} ${name}
`;

const zsh = (name: string, places: readonly Place[]): string => `#compdef ${name}
# Completion of ${name} for zsh.
_${name}() {${walk(places, "words", 2, "CURRENT")}
  local -a candidates
  if ((i <= CURRENT)); then
    case "$at:\${words[CURRENT]}" in
${places
  .flatMap(({ at, commands, choices, options }) => [
    `      ${quoted(`${at}:-`)}*) candidates=(${described(options)}) ;;`,
    `      ${quoted(`${at}:`)}*) candidates=(${described([...commands, ...choices])}) ;;`,
  ])
  .join("\n")}
    esac
  fi
  if (($#candidates)); then _describe ${name} candidates; else _files; fi
}
if [[ "\${funcstack[1]}" == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;

const spaced = (words: readonly Word[]): string => words.map(({ name }) => name).join(" ");

const described = (words: readonly Word[]): string =>
  words.map(({ name, text }) => quoted(text === "" ? name : `${name}:${text}`)).join(" ");

/** A word that neither shell looks into. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
