/**
 * @file What moves what: from random genotypes within a budget one expressed gene is given another value, the others left alone, and
 * both metrics are scored before and after. Changes are in standard deviations of the metric over the random genotypes.
 */

import {
  type FamilyName,
  familyBudgets,
  type Gene,
  type GeneValue,
  type Genotype,
  hybridSpace,
  metricsOf,
  type Random,
  sampleWithin,
  seededRandom,
} from "@esnas/core/internal";
import { mean, sampleStandardDeviation } from "simple-statistics";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";

/** Random genotypes of each budget. */
const BASES = 60;
const METRICS = "entropic-score,logsynflow";
const space = hybridSpace();
const metrics = metricsOf(METRICS);

const titles: Readonly<Record<string, string>> = { ibn: "IBN", convnext: "ConvNeXt", transformer: "Transformer" };

/** Two values of a gene, with the genotype for each. */
interface Change {
  /** Genes of one kind in one stage: `stages.2.kind`. */
  readonly gene: string;
  /** `raised`, `ConvNeXt for IBN` */
  readonly what: string;
  readonly before: Genotype;
  readonly after: Genotype;
}

/** `stages.2.kind` of `stages.2.blocks.4.kind`: slots of a stage are alike. */
function groupOf({ name }: Gene): string {
  return name.replace(/\.blocks\.\d+/, "");
}

/** Of each group, one expressed gene. */
function picked(genotype: Genotype, random: Random): number[] {
  const groups = new Map<string, number[]>();
  space.genes.forEach((gene, i) => {
    if (gene.values.length < 2 || !space.isExpressed(genotype, i)) return;
    const group = groups.get(groupOf(gene)) ?? [];
    groups.set(groupOf(gene), [...group, i]);
  });
  return [...groups.values()].map((group) => random.pick(group));
}

/** Of a size, one change to a value drawn at random, told as a rise; of a kind, each pair of its values. */
function changesOf(genotype: Genotype, index: number, random: Random): Change[] {
  const gene = space.genes[index];
  const own = genotype[index];
  if (gene === undefined || own === undefined) return [];
  const name = groupOf(gene);
  const having = (value: GeneValue) => (value === own ? genotype : genotype.with(index, value));
  if (typeof own === "number") {
    const other = random.pick(gene.values.filter((value) => value !== own));
    const [less = own, more = own] = [own, other].sort((a, b) => Number(a) - Number(b));
    return [{ gene: name, what: "raised", before: having(less), after: having(more) }];
  }
  return gene.values.flatMap((before, i) =>
    gene.values.slice(i + 1).map((after) => ({
      gene: name,
      what: `${titles[after]} for ${titles[before]}`,
      before: having(before),
      after: having(after),
    })),
  );
}

/** Root of the mean square. */
function rms(values: readonly number[]): number {
  return Math.sqrt(mean(values.map((value) => value * value)));
}

async function sensitivityWithin(preset: FamilyName): Promise<Row[]> {
  const random = seededRandom(0);
  const bases = Array.from({ length: BASES }, () => sampleWithin(space, familyBudgets[preset], random));
  const scorer = nodeScorer({ seed: 0 });
  const scored = async (genotype: Genotype) => {
    const scores = await scorer.scores(space.build(genotype), metrics);
    return metrics.map(({ id }) => Number(scores[id]));
  };
  const ofBases: number[][] = [];
  const deltas = new Map<string, number[][]>();
  for (const base of bases) {
    ofBases.push(await scored(base));
    for (const index of picked(base, random)) {
      for (const { gene, what, before, after } of changesOf(base, index, random)) {
        const [from, to] = [await scored(before), await scored(after)];
        const key = `${gene} ${what}`;
        deltas.set(key, [...(deltas.get(key) ?? []), to.map((score, m) => score - (from[m] ?? Number.NaN))]);
      }
    }
    process.stderr.write(`${preset}: ${ofBases.length} of ${BASES}\n`);
  }
  await scorer.release();
  const deviations = metrics.map((_, m) => sampleStandardDeviation(ofBases.map((scores) => scores[m] ?? Number.NaN)));
  return [...deltas]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([key, changes]) => {
      const [gene = "", ...what] = key.split(" ");
      const [, stage = "", name = ""] = /^stages\.(\d)\.(\w+)$/.exec(gene) ?? [];
      const row: Record<string, string | number> = {
        preset,
        gene: name,
        stage: Number(stage) + 1,
        change: what.join(" "),
        networks: changes.length,
      };
      metrics.forEach(({ id }, m) => {
        const moves = changes.map((delta) => (delta[m] ?? Number.NaN) / (deviations[m] ?? Number.NaN));
        row[`${id}, mean`] = mean(moves);
        row[`${id}, standard error`] = moves.length > 1 ? sampleStandardDeviation(moves) / Math.sqrt(moves.length) : "";
        row[`${id}, root mean square`] = rms(moves);
      });
      return row;
    });
}

export async function sensitivity(): Promise<void> {
  const rows: Row[] = [];
  for (const preset of Object.keys(familyBudgets) as FamilyName[]) rows.push(...(await sensitivityWithin(preset)));
  printTable(rows);
  writeResults("sensitivity", rows);
}
