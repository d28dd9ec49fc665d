/**
 * @file `npm run study -- tables --from FOLDER --out FOLDER`: the public tables, as others have gathered them into CSV files, in
 * the form that `esnas bench` reads (docs/tables.md).
 */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, keyOf, spaceOf, toJson } from "@esnas/core/internal";
import { stringify } from "csv-stringify/sync";
import { mean } from "simple-statistics";
import { type Half, halves, lengths, sets, type TrainedSet, trainedHere } from "../trainings/results.js";
import { readSource, type SourceRow } from "./source.js";
import { hybridSizesGenotype, hybridTopologyGenotype, type TrainedHybrid } from "./trained-hybrids.js";

interface Conversion {
  /** Of the file that is written, without its extension. */
  readonly table: string;
  /** Of the file that is read, without its extension. */
  readonly source: string;
  /** A header and the rows below it. */
  rows(source: readonly SourceRow[]): readonly (readonly (string | number | undefined)[])[];
}

/** 0.9206 -> 92.06, to the digits that the fraction had. */
function percent(fraction: string | undefined): number {
  return Number((100 * Number(fraction)).toFixed(6));
}

const DATASETS = ["c10", "c100", "in16"];

/** Hybrids have no notation: they stand in tables as JSON. */
function hybridRows(source: readonly SourceRow[], read: (row: SourceRow) => TrainedHybrid) {
  const rows = source.map((row) => {
    const { space, genotype } = read(row);
    return [row.id, JSON.stringify(toJson(space, genotype)), row.test_acc];
  });
  return [["index", "architecture", "fashion"], ...rows];
}

/** Codes of one network are one row, with the mean of their accuracies. */
function macroRows(source: readonly SourceRow[]): (string | number)[][] {
  const space = spaceOf("nasbench-macro");
  const networks = new Map<string, { readonly code: string; readonly accuracies: number[] }>();
  for (const { arch = "", mean_acc } of source) {
    const key = keyOf(space, space.notation?.read(arch) ?? []);
    const network = networks.get(key) ?? { code: arch, accuracies: [] };
    networks.set(key, network);
    network.accuracies.push(Number(mean_acc));
  }
  return [...networks.values()].map(({ code, accuracies }, i) => [i, code, Number(mean(accuracies).toFixed(4))]);
}

/** A network that comes twice is one row, with the mean of its accuracies. */
function mnasnetRows(source: readonly SourceRow[]): (string | number)[][] {
  const accuracies = new Map<string, number[]>();
  for (const { expansion, kernel, layers, se, val_top1 } of source) {
    const network = [expansion, kernel, layers, se].join("/");
    accuracies.set(network, [...(accuracies.get(network) ?? []), Number(val_top1)]);
  }
  return [...accuracies].map(([network, values], i) => [i, network, Number(mean(values).toFixed(4))]);
}

const conversions: readonly Conversion[] = [
  {
    table: "nats-topology",
    source: "tss_nats201",
    rows: (source) => [
      ["index", "architecture", ...DATASETS, ...DATASETS.map((dataset) => `${dataset}-val12`)],
      ...source.map((row) => [
        row.index,
        row.arch,
        ...DATASETS.map((dataset) => row[`test200_${dataset}`]),
        ...DATASETS.map((dataset) => row[`val12_${dataset}`]),
      ]),
    ],
  },
  {
    table: "nasbench101",
    source: "nb101_full",
    rows: (source) => [
      ["index", "architecture", "c10"],
      ...source.map((row, index) => [index, `${row.n}:${row.edges}:${row.ops}`, percent(row.test_acc108)]),
    ],
  },
  {
    table: "nasbench-macro",
    source: "nasbench_macro_cifar10",
    rows: (source) => [["index", "architecture", "c10"], ...macroRows(source)],
  },
  {
    table: "mnasnet",
    source: "anb_mnasnet_imagenet",
    rows: (source) => [["index", "architecture", "imagenet"], ...mnasnetRows(source)],
  },
  {
    table: "hybrid-fashion",
    source: "hybrid_fashion",
    rows: (source) => hybridRows(source, ({ blocks = "" }) => hybridTopologyGenotype(blocks)),
  },
  {
    table: "hybrid-sizes-fashion",
    source: "hybrid_sizes_fashion",
    rows: (source) => hybridRows(source, hybridSizesGenotype),
  },
];

/** Writes every table whose source is there, and says which are not. */
export function convertTables({ from, out }: { readonly from: string; readonly out: string }): void {
  if (!existsSync(from)) throw new InputError(`there is no folder "${from}"`);
  mkdirSync(out, { recursive: true });
  for (const { table, source, rows } of conversions) {
    const path = join(from, `${source}.csv.gz`);
    if (!existsSync(path)) {
      process.stdout.write(`${table}: skipped, there is no ${path}\n`);
      continue;
    }
    const written = rows(readSource(path));
    writeFileSync(join(out, `${table}.csv`), stringify(written.map((row) => [...row])));
    process.stdout.write(`${join(out, table)}.csv: ${written.length - 1} rows\n`);
  }
  for (const set of sets) {
    for (const half of halves) for (const steps of lengths) writeTrainedHere(out, set, half, steps);
  }
  process.stdout.write(
    "nats-size: skipped, its accuracies are in no public file of a size to gather (docs/tables.md)\n",
  );
}

/** The hybrids of `results/trainings`, a table for each set, half and length of training. */
function writeTrainedHere(out: string, set: TrainedSet, half: Half, steps: number): void {
  const networks = trainedHere(set, half, steps);
  if (networks.length === 0) return;
  const rows = networks.map(({ space, genotype, accuracy }, i) => [
    i,
    JSON.stringify(toJson(space, genotype)),
    accuracy,
  ]);
  const path = `${join(out, `hybrid-${set}-${half}-${steps}`)}.csv`;
  writeFileSync(path, stringify([["index", "architecture", "c10"], ...rows]));
  process.stdout.write(`${path}: ${rows.length} rows\n`);
}
