/** @file `esnas bench`: metrics and searches against tables of networks that others trained. */

import { Command } from "commander";
import { benchCorrelateCommand } from "./bench-correlate.js";
import { benchPicksCommand } from "./bench-picks.js";
import { benchSearchCommand } from "./bench-search.js";

export function benchCommand(): Command {
  return new Command("bench")
    .addHelpText(
      "after",
      `
A table is a CSV file of architectures and accuracies; docs/tables.md says which there are and how to get one.

Examples:
  $ esnas bench correlate --space nats-topology --dataset c10
  $ esnas bench picks --space mnasnet --dataset imagenet --metrics logsynflow
  $ esnas bench search --space nats-topology --dataset c10`,
    )
    .addCommand(benchCorrelateCommand())
    .addCommand(benchPicksCommand())
    .addCommand(benchSearchCommand());
}
