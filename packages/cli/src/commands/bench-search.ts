/** @file `esnas bench search`: what searches find in a space that others have trained as a whole. */

import { join } from "node:path";
import {
  directionSummary,
  FINALISTS,
  groundTruthOf,
  grouped,
  InputError,
  shellWord,
  spaceNames,
} from "@esnas/core/internal";
import { Command, Option } from "commander";
import { ScoreStore } from "../benchmark/score-store.js";
import { checkSearchFolder, writeSearchResult } from "../benchmark/search-files.js";
import { type MethodName, methodNames, methodsOf } from "../benchmark/search-method.js";
import { runSearches } from "../benchmark/search-runs.js";
import { searchScores } from "../benchmark/search-scores.js";
import { searchableSpace } from "../benchmark/search-space.js";
import { summaryOf } from "../benchmark/search-summary.js";
import { searchText } from "../benchmark/search-table.js";
import { defaultTablePath, readTableFile } from "../benchmark/table-file.js";
import { oneOf, pathOf, scoresOption, whole, workersOption } from "../flags/options.js";
import { MOST_REPEATS } from "../flags/search-settings.js";
import { Interruption } from "../process/interruption.js";
import { print, printJson } from "../report/print.js";
import { progressOn } from "../report/progress.js";
import { wrap } from "../report/wrap.js";
import { programName } from "../scoring/program.js";
import { workerPool } from "../scoring/worker-pool.js";
import { EXIT } from "../version.js";

interface BenchSearchFlags {
  readonly space: string;
  readonly dataset: string;
  readonly algorithm: readonly MethodName[];
  readonly metrics?: string;
  readonly table?: string;
  readonly partial?: boolean;
  readonly seeds: number;
  readonly scoreSeed?: number;
  readonly maxEvaluations: number;
  readonly rescore?: number;
  readonly workers: number;
  readonly scores: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Spaces of which there are tables with every network. */
const searched = spaceNames.filter((name) => groundTruthOf(name) !== undefined);

const EVALUATIONS = 500;

export function benchSearchCommand(): Command {
  return new Command("search")
    .description("what searches find in a space of which a table has every network trained")
    .addOption(
      new Option("--space <name>", `space to search: ${searched.join(", ")}`)
        .argParser(oneOf("space with a table of all its networks", searched))
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--dataset <name>", "column of the table with accuracies: c10, c100, in16").makeOptionMandatory(),
    )
    .addOption(
      new Option("--algorithm <list>", `${methodNames.join(", ")}; several separated by commas`)
        .argParser(algorithmsOf)
        .default(methodNames, "all"),
    )
    .option(
      "--metrics <objective>",
      `what candidates are ordered by (${directionSummary}): a metric, rank(a,b), log-rank(a,b), scaled(a,b), or trained: the validation accuracy after 12 epochs in the table (cyclic: entropic-score, of sizes logsynflow; evolution: rank(entropic-score,logsynflow); freerea: naswot,logsynflow, with and without its skip term; random and regularized-evolution: trained)`,
    )
    .addOption(
      new Option("--seeds <n>", "searches of each algorithm, with seeds 0, 1, ...")
        .argParser(whole("--seeds", 1, 10_000))
        .default(30),
    )
    .option(
      "--score-seed <n>",
      "weights and input of this seed for all searches (each its own: an independent run draws its own)",
      whole("--score-seed", 0, 2 ** 31 - 1),
    )
    .addOption(
      new Option("--max-evaluations <n>", "candidates of a search")
        .argParser(whole("--max-evaluations", 1, 1e6))
        .default(EVALUATIONS),
    )
    .option(
      "--rescore <n>",
      `random weights that the ${FINALISTS} best of a search are scored with again, of which the best wins (none)`,
      whole("--rescore", 2, MOST_REPEATS),
    )
    .option(
      "--table <file>",
      "CSV file, gzipped or not (tables/<space>.csv); its form: docs/tables.md",
      pathOf("--table"),
    )
    .option("--partial", "search among the rows of a table that lacks networks of the space")
    .addOption(workersOption())
    .addOption(scoresOption())
    .option("--out <folder>", "folder of the result (bench/<space>-<dataset>-search)", pathOf("--out"))
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ esnas bench search --space nats-topology --dataset c10
  $ esnas bench search --space nats-topology --dataset c100 --algorithm freerea,random --seeds 5
  $ esnas bench search --space nats-topology --dataset in16 --algorithm evolution --metrics 'rank(entropic-score,naswot)'
  $ esnas bench search --space nasbench101 --dataset c10 --algorithm evolution --score-seed 0 --max-evaluations 1000
  $ esnas bench search --space nats-topology --dataset c10 --algorithm evolution --metrics 'rank(meco,logsynflow)' --rescore 8`,
    )
    .action(runBenchSearch);
}

function algorithmsOf(text: string): readonly MethodName[] {
  if (text.trim() === "all") return methodNames;
  const names = text.split(",").map((name) => oneOf("algorithm", methodNames)(name.trim()));
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw new InputError(`algorithm "${repeated}" is named twice`);
  return names;
}

async function runBenchSearch(flags: BenchSearchFlags): Promise<void> {
  const folder = flags.out ?? join("bench", `${flags.space}-${flags.dataset}-search`);
  checkSearchFolder(folder);
  const { space: name, dataset, partial, scoreSeed, maxEvaluations, rescore } = flags;
  const file = flags.table ?? defaultTablePath(name);
  const table = readTableFile(flags.table, { space: name, dataset, ...(partial && { partial }) });
  const methods = flags.algorithm.flatMap((algorithm) => methodsOf(algorithm, flags.metrics, table, rescore));
  const space = searchableSpace(table, table.rows.length === groundTruthOf(name)?.rows);
  const seeds = Array.from({ length: flags.seeds }, (_, seed) => seed);

  const store = ScoreStore.open(flags.scores);
  const pool = workerPool(flags.workers);
  const progress = await progressOn(process.stderr);
  const interruption = new Interruption(() => pool.abandon());
  try {
    const scores = searchScores({ table, store, pool, program: programName() });
    const finished = await runSearches(
      { table, space, methods, seeds, scoreSeed, maxEvaluations },
      {
        scores,
        shouldStop: () => interruption.isAsked,
        onProgress: ({ method, search, searches, evaluations }) =>
          progress.show(() => [
            `search ${grouped(search)} of ${grouped(searches)}: ${method}, ${grouped(evaluations)} candidates`,
          ]),
      },
    );
    if (finished === undefined) {
      progress.end(`stopped; the scores so far are in ${flags.scores}, and the same command goes on from there`);
      process.exitCode = EXIT.stopped;
      return;
    }
    progress.end(`${grouped(methods.length * seeds.length)} searches made`);
    const summary = summaryOf(
      { command: commandOf(flags), file, table, seeds, scoreSeed, maxEvaluations, rescore },
      finished,
    );
    const files = await writeSearchResult(folder, summary);
    const text = `${searchText(summary)}\n${wrap(`${folder}: ${files.join(", ")}`)}`;
    if (flags.json) printJson(summary);
    else print(text);
  } finally {
    interruption.end();
    store.close();
    await pool.close();
  }
}

/** The command line that makes the same result again. */
function commandOf(flags: BenchSearchFlags): string {
  const { space, dataset, algorithm, metrics, seeds, scoreSeed, maxEvaluations, rescore, table, partial } = flags;
  const words = [
    ["--space", space],
    ["--dataset", dataset],
    ["--algorithm", algorithm.join(",")],
    ...(metrics === undefined ? [] : [["--metrics", metrics]]),
    ["--seeds", String(seeds)],
    ...(scoreSeed === undefined ? [] : [["--score-seed", String(scoreSeed)]]),
    ["--max-evaluations", String(maxEvaluations)],
    ...(rescore === undefined ? [] : [["--rescore", String(rescore)]]),
    ...(table === undefined ? [] : [["--table", table]]),
    ...(partial ? [["--partial"]] : []),
  ];
  return ["esnas bench search", ...words.flat().map(shellWord)].join(" ");
}
