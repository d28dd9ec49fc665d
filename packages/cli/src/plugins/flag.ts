/** @file `--plugin`: seen before the command line is parsed, since flags take the names that plugins define. */

import { InputError } from "@esnas/core/internal";
import type { Command } from "commander";

/** The files that `--plugin` names in a command line. */
export function pluginsIn(words: readonly string[]): string[] {
  const end = words.indexOf("--");
  const flags = end < 0 ? words : words.slice(0, end);
  return flags.flatMap((word, i) => {
    if (word.startsWith("--plugin=")) return [word.slice("--plugin=".length)];
    return word === "--plugin" ? [flags[i + 1] ?? ""].filter((file) => file !== "") : [];
  });
}

/** `--plugin` for a command, or for each of its subcommands. */
export function withPluginOption(command: Command): Command {
  for (const each of command.commands.length > 0 ? command.commands : [command]) {
    each.option(
      "--plugin <file>",
      "JavaScript module with metrics, spaces and blocks of your own (docs/plugins.md); repeatable",
      (file: string, files: readonly string[] = []) => {
        if (file.trim() === "" || file.startsWith("--"))
          throw new InputError(`--plugin takes a file, was given "${file}"`);
        return [...files, file];
      },
    );
  }
  return command;
}
