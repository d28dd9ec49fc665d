/**
 * @file What `esnas bench correlate` and `esnas bench picks` share: the flags that name a table and metrics, the table's rows with their
 * costs, and their scores, which are made as far as the store lacks them.
 */

import {
  architectureCosts,
  type BenchmarkTable,
  type CostsOfRows,
  directionSummary,
  duration,
  grouped,
  InputError,
  metricsOfAll,
  type Objective,
  type Scores,
  sampleOf,
  shellWord,
  spaceNames,
  type TableRow,
} from "@esnas/core/internal";
import { Command, Option } from "commander";
import { oneOf, pathOf, scoresOption, seedOption, whole, workersOption } from "../flags/options.js";
import { Interruption } from "../process/interruption.js";
import { withQueueOptions } from "../queue/address.js";
import { type OpenedService, openQueueService, type ServiceFlags } from "../queue/service-from-flags.js";
import { progressOn } from "../report/progress.js";
import { programName } from "../scoring/program.js";
import { scoringBy } from "../scoring/scoring-service.js";
import { type WorkerPool, workerPool } from "../scoring/worker-pool.js";
import { EXIT } from "../version.js";
import { type ScoringProgress, scoreRows } from "./score-rows.js";
import { ScoreStore } from "./score-store.js";
import { defaultTablePath, readTableFile } from "./table-file.js";

export interface TableFlags extends ServiceFlags {
  readonly space: string;
  readonly dataset: string;
  readonly metrics: string;
  readonly table?: string;
  readonly partial?: true;
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

/** A command on a table: its name, and the flags that all of them have. */
export function tableCommand(name: string, defaults: { readonly metrics: string; readonly out: string }): Command {
  return withQueueOptions(new Command(name), "forward runs by the workers (esnas worker) of a queue on Redis")
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
      defaults.metrics,
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
    .option("--out <folder>", `folder of the result (${defaults.out})`, pathOf("--out"))
    .option("--json", "print the statistics as JSON");
}

/** What is asked of a table. */
export interface TableSettings {
  readonly file: string;
  readonly table: BenchmarkTable;
  readonly rows: readonly TableRow[];
  /** Of the rows. */
  readonly costs: CostsOfRows;
  /** Of weights and input. */
  readonly seeds: readonly number[];
  readonly resamples: number;
  /** Of the sample and the resamples. */
  readonly seed: number;
}

/**
 * The table that flags name, and the rows of it that are scored.
 * @throws {InputError} where there is no such table, or the sample is larger.
 */
export function tableSettings(flags: TableFlags): TableSettings {
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
  return {
    file,
    table,
    rows,
    costs: costsOf(table, rows),
    seeds: Array.from({ length: flags.seeds }, (_, i) => seed + i),
    resamples: flags.resamples ?? Math.min(MOST_RESAMPLES, Math.max(FEWEST_RESAMPLES, byLength)),
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

/** The command, with all that a result follows from; `more` are flags of its own. */
export function commandText(
  name: string,
  flags: TableFlags,
  objectives: readonly Objective[],
  { file, resamples }: TableSettings,
  more: Readonly<Record<string, string | number | true | undefined>> = {},
): string {
  const words = {
    space: flags.space,
    dataset: flags.dataset,
    metrics: objectives.map(({ id }) => id).join(","),
    table: file,
    ...more,
    sample: flags.sample,
    seeds: flags.seeds,
    seed: flags.seed,
    resamples,
    partial: flags.partial,
  };
  const given = Object.entries(words).filter(([, value]) => value !== undefined);
  return [
    name,
    ...given.map(([word, value]) => (value === true ? `--${word}` : `--${word} ${shellWord(String(value))}`)),
  ].join(" ");
}

export type TableView = Awaited<ReturnType<typeof tableView>>;

/** For each seed, the scores of each row. */
export type ScoresBySeed = readonly (readonly Scores[])[];

/** Scores the rows, and does something with the scores, unless the user stops it. Scores are kept as they are made. */
export async function withScores(
  flags: TableFlags,
  objectives: readonly Objective[],
  { table, rows, seeds }: TableSettings,
  action: (scores: ScoresBySeed, pool: WorkerPool, view: TableView) => Promise<void>,
): Promise<void> {
  const view = await tableView();
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
    await action(scores, pool, view);
  } finally {
    clearInterval(waiting);
    interruption.end();
    store.close();
    await Promise.all([pool.close(), queue?.close()]);
  }
}

/** What is seen on stderr while it runs. */
async function tableView() {
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
