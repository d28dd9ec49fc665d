/** @file All commands, each loaded when it is named: `--version` and `--help` need none of them, and none needs the others. */

import type { Command } from "commander";
import { withPluginOption } from "../plugins/flag.js";

export interface ListedCommand {
  readonly name: string;
  /** What may follow the name, as the help of the command itself says it. */
  readonly usage: string;
  readonly description: string;
  /** Whether it has `--plugin`. */
  readonly takesPlugins?: boolean;
  load(): Promise<Command>;
}

const commands: readonly ListedCommand[] = [
  {
    name: "search",
    takesPlugins: true,
    usage: "[options]",
    description: "design a model for a budget, by a search that trains nothing",
    load: async () => (await import("./search.js")).searchCommand(),
  },
  {
    name: "sweep",
    takesPlugins: true,
    usage: "[options] [file]",
    description: "many searches from a small file as one job, with means over seeds",
    load: async () => (await import("./sweep.js")).sweepCommand(),
  },
  {
    name: "score",
    takesPlugins: true,
    usage: "[options] [network]",
    description: "score a network, or random ones of a space",
    load: async () => (await import("./score.js")).scoreCommand(),
  },
  {
    name: "describe",
    takesPlugins: true,
    usage: "[options] [network]",
    description: "print a network as a table, stage by stage or layer by layer",
    load: async () => (await import("./describe.js")).describeCommand(),
  },
  {
    name: "export",
    takesPlugins: true,
    usage: "[options] [genotype]",
    description: "write a genotype or a model as ONNX, PyTorch, weights, a drawing",
    load: async () => (await import("./export.js")).exportCommand(),
  },
  {
    name: "models",
    usage: "[options]",
    description: "list published models and ours with costs, top-1 accuracies and scores",
    load: async () => (await import("./models.js")).modelsCommand(),
  },
  {
    name: "analyze",
    takesPlugins: true,
    usage: "[options] [folders...]",
    description: "what searches prefer, stage by stage, against random genotypes of the budget",
    load: async () => (await import("./analyze.js")).analyzeCommand(),
  },
  {
    name: "latency",
    takesPlugins: true,
    usage: "[options] [networks...]",
    description: "measure networks on this machine, or what a search predicts latency from",
    load: async () => (await import("./latency.js")).latencyCommand(),
  },
  {
    name: "bench",
    takesPlugins: true,
    usage: "[options] [command]",
    description: "metrics and searches against tables of networks that others trained",
    load: async () => (await import("./bench.js")).benchCommand(),
  },
  {
    name: "space",
    takesPlugins: true,
    usage: "[options] [file]",
    description: "start or check the YAML file of a search space of your own",
    load: async () => (await import("./space.js")).spaceCommand(),
  },
  {
    name: "check",
    takesPlugins: true,
    usage: "[options]",
    description: "test the metrics, spaces and blocks of plugins",
    load: async () => (await import("./check.js")).checkCommand(),
  },
  {
    name: "worker",
    takesPlugins: true,
    usage: "[options]",
    description: "score for searches on other machines, by way of a queue on Redis",
    load: async () => (await import("./worker.js")).workerCommand(),
  },
  {
    name: "status",
    usage: "[options]",
    description: "what is on a queue: workers, searches, rates, failures",
    load: async () => (await import("./status.js")).statusCommand(),
  },
  {
    name: "studio",
    usage: "[options] [folders...]",
    description: "open the studio, a page to design networks in, with runs in it",
    load: async () => (await import("./studio.js")).studioCommand(),
  },
];

export const listedCommands = commands.map((command): ListedCommand => {
  if (command.takesPlugins !== true) return command;
  return { ...command, load: async () => withPluginOption(await command.load()) };
});
