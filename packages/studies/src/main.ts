/** @file `npm run bench -- NAME` prints timings; `npm run study -- NAME` makes a file of `results/`. */

import "esnas/dist/runtime/telemetry.js";
import { InputError } from "@esnas/core/internal";
import { Command } from "commander";
import { agreement } from "./agreement.js";
import { benchmark } from "./benchmark/command.js";
import { budgetCurve } from "./budget-curve/command.js";
import { closedForm } from "./closed-form.js";
import { cluster } from "./cluster/command.js";
import { decoupling } from "./decoupling.js";
import { entropicForms } from "./entropic-forms.js";
import { esformerFamily } from "./esformer.js";
import { esformerDepths } from "./esformer-depths.js";
import { fronts } from "./front.js";
import { geneSlopes } from "./gene-slopes.js";
import { growth } from "./growth/command.js";
import { curves } from "./growth/curves.js";
import { hybridHalves } from "./hybrid-halves.js";
import { latencyStudy } from "./latency/command.js";
import { latencyModels, RIVALS, registered } from "./latency/models-command.js";
import { lookAhead } from "./look-ahead.js";
import { million } from "./million/command.js";
import { publishedModels } from "./models/command.js";
import { pytorch } from "./pytorch/command.js";
import { againstPyTorch } from "./pytorch-speed/command.js";
import { realImages } from "./real-images.js";
import { repeats } from "./repeats.js";
import { scoringSettings } from "./scoring-settings.js";
import { sensitivity } from "./sensitivity.js";
import { parts, speed } from "./speed/command.js";
import { withOutput } from "./speed/output.js";
import { convertTables } from "./tables/convert.js";
import { topologyBudget } from "./topology-budget.js";
import { trainings } from "./trainings/command.js";
import { picks } from "./trainings/picks.js";
import { wholeSpaces } from "./whole-spaces/command.js";

const studies = {
  "scoring-settings": scoringSettings,
  "topology-budget": topologyBudget,
  decoupling,
  "look-ahead": lookAhead,
  repeats,
  front: fronts,
  "closed-form": closedForm,
  "entropic-forms": entropicForms,
  "hybrid-halves": hybridHalves,
  sensitivity,
  "gene-slopes": geneSlopes,
  esformer: esformerFamily,
  "esformer-depths": esformerDepths,
  pytorch,
  models: publishedModels,
} as const;

const program = new Command("studies").description("timings and studies behind the figures of the docs").addHelpText(
  "after",
  `
Without a command: speed, whose options are those of npm run bench -- speed --help.

Examples:
  $ npm run bench -- --only s0,search
  $ npm run bench -- --out before.json
  $ npm run bench -- --against before.json
  $ npm run bench -- against-pytorch
  $ npm run study -- budget-curve --seeds 3 --evaluations 2000,6000`,
);
withOutput(
  program
    .command("speed", { isDefault: true })
    .description("where the time goes: one candidate part by part, the database, bookkeeping, real searches")
    .option("--only <parts>", `some of ${parts.join(", ")}, separated by commas (all but long)`),
).action(speed);
withOutput(
  program
    .command("against-pytorch")
    .description("the same candidates in PyTorch, eager, on as many cores, in turns (Debian: python3-torch)"),
).action(againstPyTorch);
program
  .command("growth")
  .description("writes results/growth.csv and docs/performance/: time against resolution, depth, width, batch and more")
  .option("--only <curves>", `some of ${curves.map(({ name }) => name).join(", ")}, separated by commas`)
  .action(growth);
program
  .command("cluster")
  .description("writes results/cluster*.csv and docs/cluster/: what a queue costs, with real and simulated workers")
  .action(cluster);
program
  .command("whole-spaces")
  .description("seconds of scoring all cells of NATS-Bench's topology space and of NAS-Bench-101")
  .option("--threads <number>", "worker threads", "2")
  .option("--table <file>", "table with the cells of NAS-Bench-101", "tables/nasbench101.csv")
  .action(wholeSpaces);
for (const [name, run] of Object.entries(studies))
  program.command(name).description(`writes results/${name}.csv`).action(run);
program
  .command("budget-curve")
  .description("writes results/budget-curve.csv and plots: final scores against evaluations, over seeds")
  .option("--presets <list>", "budgets of the family", "s0,s1,s2")
  .option("--evaluations <list>", "evaluations of a search", "6000,18000,60000,120000")
  .option("--seeds <number>", "searches of each, of the seeds from 0", "10")
  .option("--threads <number>", "searches at once", "2")
  .action(budgetCurve);
program
  .command("million")
  .description("writes results/million.csv: a long study, killed, resumed and reported; time, memory, disk")
  .option("--evaluations <number>", "candidates", "1000000")
  .action(million);
program
  .command("benchmark")
  .description(
    "writes results/NAME.csv of each name by esnas bench correlate, picks or search; without names: the commands",
  )
  .argument("[names...]", "files of results/, without .csv")
  .action(benchmark);
program
  .command("agreement")
  .description("writes results/agreement.csv: our metrics against columns that others have published")
  .option("--from <folder>", "folder with the gathered CSV files", "../shared/data")
  .action(agreement);
program
  .command("real-images")
  .description("writes results/real-images.csv: metrics on real images in place of noise")
  .requiredOption("--images <file>", "safetensors file, as scripts/images.py writes it")
  .action(realImages);
program
  .command("tables")
  .description("converts gathered public tables to the form that esnas bench reads")
  .option("--from <folder>", "folder with the gathered CSV files", "../shared/data")
  .option("--out <folder>", "folder of the tables", "tables")
  .action(convertTables);
program
  .command("trainings")
  .description(
    "writes results/trainings/networks.csv, rivals.csv and PyTorch sources: hybrids, and networks designed by people, at a fixed budget",
  )
  .option("--out <folder>", "folder of the sources", "runs/trainings")
  .action(trainings);
program
  .command("picks")
  .description(
    "writes results/trainings/picks.csv and PyTorch sources: what each recipe picks at that budget, and random networks of it",
  )
  .option("--out <folder>", "folder of the sources", "runs/trainings")
  .action(picks);
program
  .command("latency")
  .description("writes results/latency.csv: what a latency profile predicts of random genotypes")
  .option("--networks <number>", "random genotypes", "60")
  .option("--runs <number>", "runs of each", "30")
  .option("--profile <file>", "a profile of this machine, in place of one that is measured first")
  .action(latencyStudy);
program
  .command("latency-models")
  .description("writes results/latency-models.csv: models side by side on this machine")
  .option("--models <list>", "names of models", registered(RIVALS).join(","))
  .option("--runs <number>", "runs of each", "100")
  .option("--size <number>", "height and width of the images", "256")
  .action(latencyModels);
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 2;
}
