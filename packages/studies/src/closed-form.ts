/**
 * @file What does the Entropic Score measure? How much of it the closed form explains (`entropic-score-analytic`: ln n minus a
 * constant, averaged over layers), in every space, and whether what is left says anything about accuracy.
 */

import {
  type Architecture,
  type BenchmarkTable,
  familyBudgets,
  hybridSpace,
  isValue,
  metricsOf,
  rankingOf,
  sample,
  sampleOf,
  sampleWithin,
  seededRandom,
  spaceOf,
  statisticsOf,
} from "@esnas/core/internal";
import { linearRegression, linearRegressionLine, rSquared, standardDeviation } from "simple-statistics";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";
import { convertedTable } from "./tables/read.js";

interface Networks {
  readonly name: string;
  readonly architectures: readonly Architecture[];
  /** In %, where the networks were trained. */
  readonly accuracies?: readonly number[];
}

function drawn(name: string, count: number, draw: () => Architecture): Networks {
  return { name, architectures: Array.from({ length: count }, draw) };
}

/** A seeded sample of a table. */
export function trained(name: string, { space, rows }: BenchmarkTable, count = rows.length): Networks {
  const some = sampleOf(rows, count, 0);
  return {
    name,
    architectures: some.map(({ genotype }) => space.build(genotype)),
    accuracies: some.map(({ accuracy }) => accuracy),
  };
}

function groups(): Networks[] {
  const random = seededRandom(0);
  const [natsSize, hybrid] = [spaceOf("nats-size"), hybridSpace()];
  return [
    trained("nats-topology, c10", convertedTable("nats-topology", "nats-topology", "c10"), 1000),
    trained("nats-topology, in16", convertedTable("nats-topology", "nats-topology", "in16"), 1000),
    drawn("nats-size", 300, () => natsSize.build(sample(natsSize, random))),
    trained("nasbench101", convertedTable("nasbench101", "nasbench101", "c10"), 100),
    drawn("hybrid, within S0", 300, () => hybrid.build(sampleWithin(hybrid, familyBudgets.s0, random))),
    trained("hybrid-fashion (topologies)", convertedTable("hybrid-fashion", "hybrid", "fashion")),
    trained("hybrid-sizes-fashion (sizes)", convertedTable("hybrid-sizes-fashion", "hybrid", "fashion")),
  ];
}

const FORMS = ["site=pre", "site=post", "site=pre,aggregation=sum"];

export async function closedForm(): Promise<void> {
  const rows: Row[] = [];
  for (const networks of groups()) {
    for (const form of FORMS) {
      rows.push(await closedFormOf(networks, form));
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
  }
  printTable(rows);
  writeResults("closed-form", rows);
}

/** How far one form of the score, by its options, is what its closed form says of networks. */
export async function closedFormOf({ name, architectures, accuracies }: Networks, form: string): Promise<Row> {
  const metrics = metricsOf(`entropic-score(${form}),entropic-score-analytic(${form})`);
  const scorer = nodeScorer({ seed: 0 });
  const pairs: { measured: number; analytic: number; accuracy: number | undefined }[] = [];
  for (const [i, architecture] of architectures.entries()) {
    const [measured, analytic] = Object.values(await scorer.scores(architecture, metrics));
    if (measured === undefined || analytic === undefined || !isValue(measured) || !isValue(analytic)) continue;
    pairs.push({ measured, analytic, accuracy: accuracies?.[i] });
  }
  await scorer.release();
  return { networks: name, form, ...comparison(pairs) };
}

function comparison(pairs: readonly { measured: number; analytic: number; accuracy: number | undefined }[]): Row {
  const points = pairs.map(({ analytic, measured }) => [analytic, measured]);
  const line = linearRegressionLine(linearRegression(points));
  const residuals = pairs.map(({ measured, analytic }) => measured - analytic);
  const byAccuracy = (scores: readonly number[]): number | string => {
    const accuracies = pairs.flatMap(({ accuracy }) => accuracy ?? []);
    if (accuracies.length < pairs.length) return "";
    return statisticsOf(rankingOf(scores, accuracies)).spearman ?? "";
  };
  return {
    count: pairs.length,
    R2: rSquared(points, line),
    slope: linearRegression(points).m,
    "spearman of both":
      statisticsOf(
        rankingOf(
          pairs.map(({ analytic }) => analytic),
          pairs.map(({ measured }) => measured),
        ),
      ).spearman ?? "",
    "mean of measured - analytic": residuals.reduce((sum, r) => sum + r, 0) / residuals.length,
    "deviation of measured - analytic": standardDeviation(residuals),
    "spearman measured": byAccuracy(pairs.map(({ measured }) => measured)),
    "spearman analytic": byAccuracy(pairs.map(({ analytic }) => analytic)),
    "spearman measured - analytic": byAccuracy(residuals),
  };
}
