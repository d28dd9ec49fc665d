/**
 * @file Is there a metric for hybrids? Many are tried on few networks, so the best of them is chosen on one half of a table's rows
 * and reported on the other, both ways round.
 */

import {
  type BenchmarkTable,
  bootstrap,
  meanStatistics,
  type Objective,
  objectivesOf,
  type Ranking,
  rankingOf,
  type Scores,
  statisticsOf,
  type TableRow,
} from "@esnas/core/internal";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";
import { formIds } from "./entropic-forms.js";
import { convertedTable } from "./tables/read.js";

const SEEDS = [0, 1, 2];
const RESAMPLES = 1000;

const candidates = [
  ...formIds(),
  "entropic-score(of=l2,aggregation=progressivity,noise=pink)",
  "entropic-score(site=convolution,of=l2)",
  "entropic-score(site=convolution,of=l2,aggregation=progressivity)",
  "entropic-score-analytic",
  "entropic-score-analytic(site=convolution,of=l2)",
  "naswot",
  "swap-score",
  "meco",
  "az-expressivity",
  "az-progressivity",
  "az-trainability",
  "zen-score",
  "linear-regions",
  "logsynflow",
  "logsynflow(normalisation=divide)",
  "synflow",
  "parameters",
  "macs",
  "activation-layers",
  "rank(naswot,entropic-score(of=l2))",
  "rank(naswot,entropic-score(of=l2,aggregation=progressivity))",
  "rank(entropic-score(of=l2),entropic-score(of=l2,aggregation=progressivity))",
  "rank(entropic-score(of=l2,aggregation=progressivity),meco)",
  "rank(parameters,entropic-score(site=convolution,of=l2))",
  "rank(parameters,entropic-score-analytic(site=convolution,of=l2))",
];

/** Scores of every row by each seed. */
async function scoresOf({ space, rows }: BenchmarkTable, objectives: readonly Objective[]): Promise<Scores[][]> {
  const metrics = [...new Map(objectives.flatMap(({ metrics }) => metrics).map((m) => [m.id, m])).values()];
  const scorer = nodeScorer({ seed: 0 });
  const bySeed: Scores[][] = [];
  for (const seed of SEEDS) {
    const scores: Scores[] = [];
    for (const { genotype } of rows) scores.push(await scorer.scores(space.build(genotype), metrics, seed));
    bySeed.push(scores);
  }
  await scorer.release();
  return bySeed;
}

/** The objective's order of some rows, by each seed; ranks are taken among these rows. */
function rankings(
  objective: Objective,
  scores: readonly (readonly Scores[])[],
  rows: readonly TableRow[],
  some: readonly number[],
): Ranking[] {
  return scores.map((bySeed) =>
    rankingOf(
      objective.merits(some.map((row) => bySeed[row] ?? {})),
      some.map((row) => rows[row]?.accuracy ?? Number.NaN),
    ),
  );
}

export async function hybridHalves(): Promise<void> {
  const rows: Row[] = [];
  for (const name of ["hybrid-fashion", "hybrid-sizes-fashion"]) {
    const summaries = await halvesOf(convertedTable(name, "hybrid", "fashion"), [...new Set(candidates)]);
    const chosenBy = (half: "even" | "odd") =>
      summaries.reduce((best, next) => ((next[half].spearman ?? -1) > (best[half].spearman ?? -1) ? next : best)).id;
    const chosen = { even: chosenBy("even"), odd: chosenBy("odd") };
    for (const summary of summaries.toSorted((a, b) => (b.all.spearman ?? -1) - (a.all.spearman ?? -1))) {
      const { id } = summary;
      rows.push({
        table: name,
        ...rowOf(summary),
        "chosen by": [id === chosen.even ? "even" : "", id === chosen.odd ? "odd" : ""].filter(Boolean).join(" "),
      });
    }
  }
  printTable(rows);
  writeResults("hybrid-halves", rows);
}

interface Predicted {
  readonly spearman: number | undefined;
  /** Of the bootstrap interval. */
  readonly low: number | undefined;
  readonly high: number | undefined;
}

/** What an objective predicts of all rows and of each half. */
export interface Halves extends Readonly<Record<"all" | "even" | "odd", Predicted>> {
  readonly id: string;
}

/** What objectives, by their texts, predict of a table's rows. */
export async function halvesOf(table: BenchmarkTable, texts: readonly string[]): Promise<Halves[]> {
  const objectives = objectivesOf(texts.join());
  const scores = await scoresOf(table, objectives);
  const all = [...table.rows.keys()];
  const halves = { all, even: all.filter((row) => row % 2 === 0), odd: all.filter((row) => row % 2 === 1) };
  return objectives.map((objective) => {
    const of = (half: keyof typeof halves): Predicted => {
      const orders = rankings(objective, scores, table.rows, halves[half]);
      const { spearman } = meanStatistics(orders.map((order) => statisticsOf(order)));
      const interval = bootstrap(orders, { resamples: RESAMPLES, seed: 0 }).spearman;
      return { spearman, low: interval?.low, high: interval?.high };
    };
    return { id: objective.id, all: of("all"), even: of("even"), odd: of("odd") };
  });
}

/** The metric with its three intervals, as the file has them. */
export function rowOf({ id, ...of }: Halves): Row {
  return {
    metric: id,
    ...Object.fromEntries(
      Object.entries(of).flatMap(([half, { spearman = "", low = "", high = "" }]) => [
        [`${half} rows`, spearman],
        [`${half} low`, low],
        [`${half} high`, high],
      ]),
    ),
  };
}
