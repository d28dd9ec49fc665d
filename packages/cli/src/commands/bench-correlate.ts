/** @file `esnas bench correlate`: how well metrics predict the accuracies of networks that others trained. */

import { join } from "node:path";
import {
  architectureCosts,
  type BenchmarkTable,
  type CostsOfRows,
  count,
  directionSummary,
  duration,
  grouped,
  InputError,
  metricsOfAll,
  type Objective,
  objectivesOf,
  sampleOf,
  shellWord,
  spaceNames,
  type TableRow,
} from "@esnas/core/internal";
import { Command, Option } from "commander";
import { checkCorrelateFolder, writeResult } from "../benchmark/correlate-files.js";
import { predict } from "../benchmark/correlate-statistics.js";
import { CORRELATE, type CorrelateSettings, summaryOf } from "../benchmark/correlate-summary.js";
import { correlateText } from "../benchmark/correlate-table.js";
import { type ScoringProgress, scoreRows } from "../benchmark/score-rows.js";
import { ScoreStore } from "../benchmark/score-store.js";
import { defaultTablePath, readTableFile } from "../benchmark/table-file.js";
import { oneOf, pathOf, scoresOption, seedOption, whole, workersOption } from "../flags/options.js";
import { Interruption } from "../process/interruption.js";
import { withQueueOptions } from "../queue/address.js";
import { type OpenedService, openQueueService, type ServiceFlags } from "../queue/service-from-flags.js";
import { print, printJson } from "../report/print.js";
import { progressOn } from "../report/progress.js";
import { wrap } from "../report/wrap.js";
import { programName } from "../scoring/program.js";
import { scoringBy } from "../scoring/scoring-service.js";
import { workerPool } from "../scoring/worker-pool.js";
import { EXIT } from "../version.js";

interface CorrelateFlags extends ServiceFlags {
  readonly space: string;
  readonly dataset: string;
  readonly metrics: string;
  readonly table?: string;
  readonly partial?: boolean;
  readonly sample?: number;
  readonly seeds: number;
  readonly seed: number;
  readonly resamples?: number;
  readonly scores: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Rows that are resampled in all, where the number of resamples is not given: some seconds a metric. */
const RESAMPLED_ROWS = 3_000_000;
const FEWEST_RESAMPLES = 40;
const MOST_RESAMPLES = 1000;

export function benchCorrelateCommand(): Command {
  return withQueueOptions(new Command("correlate"), "forward runs by the workers (esnas worker) of a queue on Redis")
    .description("how well metrics predict the accuracies of a table of trained networks")
    .addOption(
      new Option("--space <name>", `space of the networks: ${spaceNames.join(", ")}`)
        .argParser(oneOf("space", spaceNames))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--dataset <name>", "column of the table with accuracies: c10, c100, in16, ...").makeOptionMandatory(),
    )
    .option(
      "--metrics <list>",
      `metrics, separated by commas, with options in parentheses; rank(a,b) stands for their sum of ranks; or all; ${directionSummary}`,
      "entropic-score,logsynflow,naswot,parameters",
    )
    .option(
      "--table <file>",
      "CSV file, gzipped or not (tables/<space>.csv); its form: docs/tables.md",
      pathOf("--table"),
    )
    .option("--partial", "the table may lack networks of the space")
    .option("--sample <n>", "score so many networks, drawn at random (all)", whole("--sample", 1))
    .addOption(
      new Option("--seeds <n>", "initialisations that metrics of random weights are averaged over")
        .argParser(whole("--seeds", 1, 1000))
        .default(1),
    )
    .addOption(seedOption())
    .option(
      "--resamples <n>",
      "bootstrap resamples behind the intervals (40 to 1000, by the number of networks)",
      whole("--resamples", 2, 1e6),
    )
    .addOption(workersOption())
    .addOption(scoresOption())
    .option("--out <folder>", "folder of the result (bench/<space>-<dataset>)", pathOf("--out"))
    .option("--json", "print the statistics as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas bench correlate --space nats-topology --dataset c10 --metrics logsynflow,parameters
  $ esnas bench correlate --space nats-topology --dataset c100 --sample 1000 --seeds 3
  $ esnas bench correlate --space nasbench101 --dataset c10 --sample 10000 --metrics 'rank(entropic-score,naswot)'
  $ esnas bench correlate --space hybrid --dataset fashion --table tables/hybrid-fashion.csv`,
    )
    .action(runCorrelate);
}

async function runCorrelate(flags: CorrelateFlags): Promise<void> {
  const objectives = objectivesOf(flags.metrics);
  const folder = flags.out ?? join("bench", `${flags.space}-${flags.dataset}`);
  checkCorrelateFolder(folder);
  const settings = settingsOf(flags, objectives);
  const { table, rows, seeds } = settings;
  const view = await correlateView();
  const store = ScoreStore.open(flags.scores);
  const pool = workerPool(flags.workers);
  const local = scoringBy(pool);
  let queue: OpenedService | undefined;
  const interruption = new Interruption(() => {
    pool.abandon();
    void queue?.abandon();
  });
  const waiting = setInterval(() => view.waits(queue?.waitsFor()), 1000);
  try {
    queue = await openQueueService(flags, view.note);
    const scores = await scoreRows(
      {
        space: table.space,
        genotypes: rows.map(({ genotype }) => genotype),
        metrics: metricsOfAll(objectives),
        seeds,
        program: programName(),
      },
      { store, local, service: queue ?? local, shouldStop: () => interruption.isAsked, onProgress: view.scored },
    );
    interruption.end();
    if (scores === undefined) {
      view.end(`stopped; the scores so far are in ${flags.scores}: the same command goes on from there`);
      process.exitCode = EXIT.stopped;
      return;
    }
    const predictions = await predict({ objectives, ...settings }, scores, pool, view.predicted(objectives.length));
    const summary = summaryOf(settings, predictions);
    const files = await writeResult(folder, rows, predictions, summary);
    view.end(`${grouped(rows.length)} networks, ${count(objectives.length, "metric")}`);
    const text = `${correlateText(summary)}\n${wrap(`${folder}: ${files.join(", ")}`, 120)}`;
    if (flags.json) printJson(summary);
    else print(text);
  } finally {
    clearInterval(waiting);
    interruption.end();
    store.close();
    await Promise.all([pool.close(), queue?.close()]);
  }
}

function settingsOf(flags: CorrelateFlags, objectives: readonly Objective[]): CorrelateSettings {
  const { space, dataset, seed, sample } = flags;
  const file = flags.table ?? defaultTablePath(space);
  const table = readTableFile(flags.table, { space, dataset, partial: flags.partial ?? false });
  if (sample !== undefined && sample > table.rows.length) {
    throw new InputError(
      `--sample takes at most the ${grouped(table.rows.length)} networks of "${file}", was given ${sample}`,
    );
  }
  const rows = sample === undefined ? table.rows : sampleOf(table.rows, sample, seed);
  const byLength = Math.round(RESAMPLED_ROWS / rows.length);
  const resamples = flags.resamples ?? Math.min(MOST_RESAMPLES, Math.max(FEWEST_RESAMPLES, byLength));
  return {
    command: commandOf(flags, objectives, file, resamples),
    file,
    table,
    rows,
    costs: costsOf(table, rows),
    seeds: Array.from({ length: flags.seeds }, (_, i) => seed + i),
    resamples,
    seed,
  };
}

function costsOf({ space }: BenchmarkTable, rows: readonly TableRow[]): CostsOfRows {
  const costs = rows.map(({ genotype }) => architectureCosts(space.build(genotype)));
  return {
    parameters: Float64Array.from(costs, ({ parameters }) => parameters),
    macs: Float64Array.from(costs, ({ macs }) => macs),
  };
}

/** All that the result follows from. */
function commandOf(flags: CorrelateFlags, objectives: readonly Objective[], file: string, resamples: number): string {
  const words = {
    space: flags.space,
    dataset: flags.dataset,
    metrics: objectives.map(({ id }) => id).join(","),
    table: file,
    sample: flags.sample,
    seeds: flags.seeds,
    seed: flags.seed,
    resamples,
  };
  const given = Object.entries(words).filter(([, value]) => value !== undefined);
  const partial = flags.partial ? " --partial" : "";
  return `${CORRELATE} ${given.map(([name, value]) => `--${name} ${shellWord(String(value))}`).join(" ")}${partial}`;
}

/** What is seen on stderr while it runs. */
async function correlateView() {
  const progress = await progressOn(process.stderr);
  const start = performance.now();
  let [begin, before, last] = [start, 0, start];
  return {
    note: progress.note,
    waits(words: string | undefined): void {
      if (words !== undefined) progress.show(() => [words]);
    },
    scored({ metrics, done, total }: ScoringProgress): void {
      if (done < before) begin = last;
      [before, last] = [done, performance.now()];
      const left = ((last - begin) / done) * (total - done);
      progress.show(() => [
        `${grouped(done)} of ${grouped(total)} scored by ${metrics.join(", ")}; ${duration(left / 1000)} left`,
      ]);
    },
    predicted: (total: number) => (done: number) => progress.show(() => [`statistics of ${done} of ${total} metrics`]),
    end: (line: string) => progress.end(`${line} (${duration((performance.now() - start) / 1000)})`),
  };
}
