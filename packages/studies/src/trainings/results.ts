/** @file The networks of `results/trainings` that have been trained, as they stand in its files. */

import { existsSync, readFileSync } from "node:fs";
import { type Genotype, readGenotype, type Space } from "@esnas/core/internal";
import { parse } from "csv-parse/sync";

const FOLDER = "results/trainings";

export const sets = ["free", "topology"] as const;
export const halves = ["choosing", "reporting"] as const;
/** Steps of the trainings. */
export const lengths = [1500, 8000, 20_000] as const;

export type TrainedSet = (typeof sets)[number];
export type Half = (typeof halves)[number];

export interface TrainedHere {
  readonly name: string;
  readonly space: Space;
  readonly genotype: Genotype;
  /** In %. */
  readonly accuracy: number;
}

/** Accuracies in %, by the names of the networks that have been trained for so many steps; none where there is no file. */
export function accuraciesAfter(steps: number, of: Half | "picks"): ReadonlyMap<string, number> {
  const path = `${FOLDER}/cifar10-${steps}-steps-${of}.jsonl`;
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  return new Map(
    lines.map((line) => JSON.parse(line) as { name: string; accuracy: number }).map((row) => [row.name, row.accuracy]),
  );
}

/** Networks of a set and a half that have been trained for so many steps; none where there is no file. */
export function trainedHere(set: TrainedSet, half: Half, steps: number): TrainedHere[] {
  const accuracies = accuraciesAfter(steps, half);
  if (accuracies.size === 0) return [];
  const drawn: Record<string, string>[] = parse(readFileSync(`${FOLDER}/networks.csv`), { columns: true });
  const genotypes = new Map(drawn.flatMap((row) => (row.set === set ? [[row.name, row.genotype]] : [])));
  return [...accuracies].flatMap(([name, accuracy]): TrainedHere[] => {
    const genotype = genotypes.get(name);
    return genotype === undefined ? [] : [{ name, accuracy, ...readGenotype(JSON.parse(genotype)) }];
  });
}
