/**
 * @file `npm run study -- gene-slopes`: what a gene is worth at a fixed budget. For each table of trained networks and each gene (of hybrids,
 * each trait of a stage), the slope of accuracy against the gene once the logarithms of parameters and multiply-accumulates are taken out
 * of both: points of accuracy for a standard deviation of what is left of the gene (Frisch and Waugh 1933). The interval is of 95 %, from
 * standard errors that allow for unequal variances (White 1980, HC1).
 */

import { existsSync } from "node:fs";
import {
  type Architecture,
  architectureCosts,
  type Genotype,
  type Role,
  type Space,
  stagesOf,
  traitsOf,
} from "@esnas/core/internal";
import { printTable, type Row, writeResults } from "./common/results.js";
import { convertedTable, TABLES } from "./tables/read.js";
import { halves, lengths, sets, trainedHere } from "./trainings/results.js";

interface Trained {
  readonly space: Space;
  readonly genotype: Genotype;
  /** In %. */
  readonly accuracy: number;
}

/** Tables, with what their networks were trained on and for how long. */
const tables = [
  { table: "mnasnet", space: "mnasnet", dataset: "imagenet", training: "ImageNet, 16 epochs" },
  { table: "nasbench-macro", space: "nasbench-macro", dataset: "c10", training: "CIFAR-10, 50 epochs" },
  { table: "nats-topology", space: "nats-topology", dataset: "c10", training: "CIFAR-10, 200 epochs" },
  { table: "nats-topology", space: "nats-topology", dataset: "in16", training: "ImageNet16-120, 200 epochs" },
  { table: "hybrid-fashion", space: "hybrid", dataset: "fashion", training: "Fashion-MNIST, 600 steps" },
  { table: "hybrid-sizes-fashion", space: "hybrid", dataset: "fashion", training: "Fashion-MNIST, 600 steps" },
] as const;

/** Something that differs between networks of a space. */
interface Feature {
  readonly name: string;
  readonly role: Role;
  of(network: Trained, architecture: Architecture): number | undefined;
}

/** Networks that have a trait, at least; fewer say nothing of it. */
const FEWEST = 20;

const NORMAL_95 = 1.959964;

function featuresOf(space: Space, architecture: Architecture): readonly Feature[] {
  if (space.name === "hybrid") {
    return traitsOf(stagesOf(architecture).length)
      .filter(({ kind }) => kind !== "map")
      .map((trait) => ({ name: trait.name, role: trait.role, of: (_, network) => trait.of(stagesOf(network)) }));
  }
  return space.genes.flatMap(({ name, role, values }, i): Feature[] => {
    if (values.length < 2) return [];
    if (values.every((value) => typeof value === "number")) {
      return [{ name, role, of: ({ genotype }) => Number(genotype[i]) }];
    }
    return values.map((value) => ({
      name: `${name} = ${value}`,
      role,
      of: ({ genotype }) => Number(genotype[i] === value),
    }));
  });
}

/** What is left of values once a constant and some others are taken out, in the least squares. */
export function residualsOf(values: readonly number[], others: readonly (readonly number[])[]): number[] {
  const basis: number[][] = [];
  const cleared = (vector: readonly number[]): number[] => {
    let left = [...vector];
    // Twice, for what rounding leaves.
    for (const unit of [...basis, ...basis]) {
      const share = dot(left, unit);
      left = left.map((value, i) => value - share * (unit[i] ?? 0));
    }
    return left;
  };
  for (const vector of [values.map(() => 1), ...others]) {
    const left = cleared(vector);
    const norm = Math.sqrt(dot(left, left));
    if (norm > 1e-9 * Math.sqrt(dot(vector, vector))) basis.push(left.map((value) => value / norm));
  }
  return cleared(values);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

interface Slope {
  /** Points for a standard deviation of what is left of the gene. */
  readonly slope: number;
  readonly low: number;
  readonly high: number;
  readonly correlation: number;
}

/** The slope of `y` against `x` with others held; undefined where nothing is left of either. */
export function partialSlope(
  x: readonly number[],
  y: readonly number[],
  held: readonly (readonly number[])[],
): Slope | undefined {
  const [left, right] = [residualsOf(x, held), residualsOf(y, held)];
  const [xx, yy, xy] = [dot(left, left), dot(right, right), dot(left, right)];
  const n = x.length;
  const free = n - held.length - 2;
  if (free < 1 || xx <= 1e-12 * dot(x, x) || yy === 0) return undefined;
  const b = xy / xx;
  const errors = right.map((value, i) => (value - b * (left[i] ?? 0)) * (left[i] ?? 0));
  const error = (Math.sqrt(dot(errors, errors)) / xx) * Math.sqrt(n / free);
  const deviation = Math.sqrt(xx / n);
  return {
    slope: b * deviation,
    low: (b - NORMAL_95 * error) * deviation,
    high: (b + NORMAL_95 * error) * deviation,
    correlation: xy / Math.sqrt(xx * yy),
  };
}

function rounded(slope: Slope): Row {
  return Object.fromEntries(Object.entries(slope).map(([key, value]) => [key, Number(value.toPrecision(4))]));
}

function slopesOf(name: string, training: string, networks: readonly Trained[]): Row[] {
  const [first] = networks;
  if (first === undefined) return [];
  const architectures = networks.map(({ space, genotype }) => space.build(genotype));
  const costs = architectures.map(architectureCosts);
  const logs = [costs.map(({ parameters }) => Math.log(parameters)), costs.map(({ macs }) => Math.log(macs))] as const;
  const features = featuresOf(first.space, architectures[0] ?? first.space.build(first.genotype));
  return features.flatMap(({ name: gene, role, of }) => {
    const values = networks.map((network, i) => of(network, architectures[i] ?? first.space.build(network.genotype)));
    const having = networks.flatMap((_, i) => (values[i] === undefined ? [] : [i]));
    if (having.length < FEWEST) return [];
    const at = (list: readonly (number | undefined)[]) => having.map((i) => list[i] ?? 0);
    const slope = partialSlope(
      at(values),
      at(networks.map(({ accuracy }) => accuracy)),
      logs.map((list) => at(list)),
    );
    if (slope === undefined) return [];
    return [{ table: name, training, gene, role, networks: having.length, ...rounded(slope) }];
  });
}

export function geneSlopes(): void {
  const rows: Row[] = [];
  for (const { table, space, dataset, training } of tables) {
    if (!existsSync(`${TABLES}/${table}.csv`)) {
      process.stdout.write(`${table}: skipped, there is no ${TABLES}/${table}.csv (npm run study -- tables)\n`);
      continue;
    }
    const read = convertedTable(table, space, dataset, { partial: true });
    const networks = read.rows.map(({ genotype, accuracy }) => ({ space: read.space, genotype, accuracy }));
    rows.push(...slopesOf(`${table}-${dataset}`, training, networks));
  }
  for (const set of sets) {
    for (const steps of lengths) {
      const networks = halves.flatMap((half) => trainedHere(set, half, steps));
      rows.push(...slopesOf(`hybrid-${set}`, `CIFAR-10, ${steps} steps`, networks));
    }
  }
  printTable(rows);
  writeResults("gene-slopes", rows);
}
