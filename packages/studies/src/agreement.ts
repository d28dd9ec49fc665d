/**
 * @file Do our metrics agree with those of others, cell by cell? LogSynflow and Synflow over all 15,625 cells of nats-topology
 * against FreeREA's columns; on a seeded sample NASWOT, at their batch of 64, against FreeREA's and NAS-Bench-Suite-Zero's, and
 * Zen-Score against Suite-Zero's; and how far the two agree with one another.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  InputError,
  isForward,
  isValue,
  metricOf,
  rankingOf,
  type Score,
  sampleOf,
  scoreStatic,
  spaceOf,
  statisticsOf,
} from "@esnas/core/internal";
import { mean, standardDeviation } from "simple-statistics";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";
import { readSource } from "./tables/source.js";

const FORWARD_SAMPLE = 300;

interface Pair {
  readonly ours: Score;
  /** Not finite where theirs is no number. */
  readonly theirs: number;
}

/** Numbers of theirs. */
interface Column {
  readonly source: string;
  readonly file: string;
  readonly column: string;
  readonly isLogarithm: boolean;
}

/** Their numbers by the benchmark's index. */
function columnOf(folder: string, file: string, column: string): ReadonlyMap<string, number> {
  const path = join(folder, `${file}.csv.gz`);
  if (!existsSync(path)) throw new InputError(`there is no "${path}"; give the folder by --from`);
  return new Map(
    readSource(path).flatMap((row) =>
      row[column] === undefined || row[column] === "" ? [] : [[row.index ?? "", Number(row[column])]],
    ),
  );
}

export async function agreement({ from }: { readonly from: string }): Promise<void> {
  const cells = readSource(join(from, "tss_nats201.csv.gz")).map(({ index = "", arch = "" }) => ({ index, arch }));
  const rows: Row[] = [];
  const compare = async (
    metricId: string,
    dataset: string,
    columns: readonly Column[],
    some: readonly (typeof cells)[number][] = cells,
  ) => {
    const space = spaceOf("nats-topology", { dataset });
    const { notation } = space;
    if (notation === undefined) throw new Error("nats-topology has a notation");
    const theirs = columns.map((column) => ({ ...column, values: columnOf(from, column.file, column.column) }));
    const metric = metricOf(metricId);
    const scorer = nodeScorer({ seed: 0 });
    const scores = new Map<string, Score>();
    for (const { index, arch } of some) {
      if (!theirs.some(({ values }) => values.has(index))) continue;
      const architecture = space.build(notation.read(arch));
      const ours = isForward(metric) ? await scorer.score(architecture, metric) : scoreStatic(architecture, metric);
      scores.set(index, ours);
    }
    await scorer.release();
    for (const { source, values, isLogarithm } of theirs) {
      const pairs = [...scores].flatMap(([index, ours]): Pair[] => {
        const value = values.get(index);
        return value === undefined ? [] : [{ ours, theirs: isLogarithm ? Math.log(value) : value }];
      });
      rows.push({ metric: metricId, dataset, against: source, ...comparison(pairs) });
      process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    }
  };

  const freerea = (column: string, isLogarithm = false): Column => {
    return { source: "FreeREA", file: "tss_proxies_freerea", column, isLogarithm };
  };
  for (const dataset of ["c10", "c100", "in16"]) {
    await compare("logsynflow(log=g+1e-6)", dataset, [freerea(`logsynflow_${dataset}`)]);
    await compare("logsynflow", dataset, [freerea(`logsynflow_${dataset}`)]);
    await compare("synflow", dataset, [freerea(`synflow_${dataset}`, true)]);
  }
  const suiteZero = (column: string): Column => {
    return { source: "Suite-Zero", file: "tss_proxies_suitezero", column, isLogarithm: false };
  };
  const sample = sampleOf(cells, FORWARD_SAMPLE, 0);
  // FreeREA's are means over three draws of the weights; both must be of CIFAR's images, whose spectrum pink noise has.
  for (const options of ["batch=16", "batch=64", "batch=64,repeats=3", "batch=64,repeats=3,noise=pink"]) {
    await compare(`naswot(${options})`, "c10", [freerea("naswot_c10"), suiteZero("nwot_c10")], sample);
  }
  for (const zenScore of ["zen-score", "zen-score(variance=running)"]) {
    await compare(zenScore, "c10", [suiteZero("zen_c10")], sample);
  }
  rows.push({ metric: "naswot of FreeREA", dataset: "c10", against: "Suite-Zero", ...comparison(bothOf(from)) });
  printTable(rows);
  writeResults("agreement", rows);
}

/** NASWOT of FreeREA beside that of NAS-Bench-Suite-Zero, where both have a cell. */
function bothOf(folder: string): Pair[] {
  const freerea = columnOf(folder, "tss_proxies_freerea", "naswot_c10");
  const suiteZero = columnOf(folder, "tss_proxies_suitezero", "nwot_c10");
  return [...suiteZero].flatMap(([index, theirs]): Pair[] => {
    const value = freerea.get(index);
    if (value === undefined) return [];
    return [{ ours: Number.isFinite(value) ? value : { value: null, reason: "no number in the column" }, theirs }];
  });
}

/** Ranks of all, those that are no number last on either side; the ratio of those that are numbers on both, theirs other than 0. */
function comparison(pairs: readonly Pair[]): Row {
  const finite = pairs.flatMap(({ ours, theirs }) =>
    isValue(ours) && Number.isFinite(theirs) ? [{ ours, theirs }] : [],
  );
  const ratios = finite.flatMap(({ ours, theirs }) => (theirs === 0 ? [] : [ours / theirs]));
  const lowest = Math.min(...finite.map(({ theirs }) => theirs)) - 1;
  const ranking = rankingOf(
    pairs.map(({ ours }) => (isValue(ours) ? ours : undefined)),
    pairs.map(({ theirs }) => (Number.isFinite(theirs) ? theirs : lowest)),
  );
  return {
    networks: pairs.length,
    "no number on either side": pairs.length - finite.length,
    spearman: statisticsOf(ranking).spearman ?? "",
    "mean of ours / theirs": mean(ratios),
    "deviation of ours / theirs": standardDeviation(ratios),
  };
}
