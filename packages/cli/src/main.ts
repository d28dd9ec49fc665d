/** @file The command line: its commands, and what becomes of an error. Exit codes: 0 done, 1 defect, 2 bad input, 130 stopped. */

import "./runtime/telemetry.js";
import { EsnasError, oneLine } from "@esnas/core/internal";
import { Command, CommanderError } from "commander";
import { listedCommands } from "./commands/registry.js";
import { pluginsIn } from "./plugins/flag.js";
import { keepHeapSmall } from "./process/heap.js";
import { endWithParent } from "./process/watched.js";
import { tell } from "./report/print.js";
import { EXIT, version } from "./version.js";

/** Characters of an error message. */
const LONGEST_MESSAGE = 1000;

/** The program with the commands that are named loaded; the others are there to be listed and suggested. */
async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command("esnas")
    .description("Design a mobile-sized vision backbone for a budget, without training a candidate.")
    .version(version)
    .showSuggestionAfterError()
    .configureHelp({
      showGlobalOptions: false,
      subcommandTerm: (command) => `${command.name()} ${command.usage()}`,
    })
    .addHelpText(
      "after",
      `
Examples:
  $ esnas search --preset s0                        design ESFormer-S0
  $ esnas search --max-params 2M --max-macs 400M    design for a budget of your own
  $ esnas score runs/s0-seed0 --metrics all         score what was found
  $ esnas export runs/s0-seed0 --onnx model.onnx    write it as ONNX`,
    );
  if (listedCommands.some(({ name, takesPlugins }) => takesPlugins && words.includes(name))) {
    const files = pluginsIn(words);
    // Before commands are made, which list the names of metrics and spaces.
    if (files.length > 0) await (await import("./plugins/plugins.js")).loadPlugins(files);
  }
  for (const { name, usage, description, load } of listedCommands) {
    const command = words.includes(name) ? await load() : new Command(name);
    program.addCommand(command.usage(usage).description(description));
  }
  for (const command of withSubcommands(program)) {
    command
      .showSuggestionAfterError()
      .exitOverride()
      .configureOutput({ writeErr: () => {}, outputError: () => {} });
  }
  return program;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Runs a command line and sets the process' exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  endWithParent();
  keepHeapSmall();
  process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    // The reader of a pipe has seen enough.
    if (code === "EPIPE") process.exit(EXIT.done);
    tell(`esnas: cannot print the result: ${code === "ENOSPC" ? "no space left" : told(message)}`);
    process.exit(EXIT.badInput);
  });
  process.stderr.on("error", ({ code }: NodeJS.ErrnoException) => {
    // Who has started it has gone, and the work ends, as by Ctrl-C; a log on a full disk is no reason to.
    if (code === "EPIPE") process.exit(EXIT.stopped);
  });
  try {
    const program = await createProgram(argv.slice(2));
    if (argv.length <= 2) program.outputHelp();
    else await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = await report(error);
  }
}

/** Messages quote what was given, which may hold anything, and any amount of it. */
function told(message: string): string {
  const line = oneLine(message);
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}...` : line;
}

/** Tells of an error: one line where the user can mend it, all there is to know where the program is at fault. */
async function report(error: unknown): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    // The message of a help that was asked for in vain is "(outputHelp)".
    const message = error.code === "commander.help" ? "no command, or no such command; see --help" : error.message;
    tell(`esnas: ${told(message.replace(/^error: /, ""))}`);
    return EXIT.badInput;
  }
  if (error instanceof EsnasError) {
    tell(`esnas: ${told(error.message)}`);
    return EXIT.badInput;
  }
  tell(`esnas: this is a defect of the program, please report it:\n${error instanceof Error ? error.stack : error}`);
  return EXIT.defect;
}
