/** @file Searches without a runtime: a small space, metrics whose scores are read off a genotype, and what watches a run. */

import type { Metric, MetricContract, Score, Scores } from "../../packages/core/src/metrics/metric.js";
import {
  type Asking,
  type Candidate,
  type Evaluation,
  LOOK_AHEAD,
  type Outcome,
} from "../../packages/core/src/search/algorithm.js";
import type { Evaluator } from "../../packages/core/src/search/drive.js";
import { hybridSpace } from "../../packages/core/src/spaces/hybrid.js";
import { keyOf } from "../../packages/core/src/spaces/identity.js";
import type { Genotype, Role, Space } from "../../packages/core/src/spaces/space.js";

const sizes = { depth: [1, 2, 3], width: [4, 8, 12, 16], expansion: [1, 2, 3], kernel: [3, 5] };
const ffns: ("ibn" | "convnext")[] = ["ibn", "convnext"];

/** Two stages, some 10^5 architectures, each built in microseconds. */
export const smallSpace: Space = hybridSpace({
  input: [1, 16, 16],
  classes: 4,
  stem: 2,
  heads: 2,
  stages: [
    { ...sizes, qkvDim: [], kinds: ["ibn", "convnext"], ffns },
    { ...sizes, qkvDim: [4, 8, 12], kinds: ["ibn", "convnext", "transformer"], ffns },
  ],
});

/** One stage of one block: two kinds times `widths` widths. */
export function tinySpace(widths: number): Space {
  const stage = {
    depth: [1],
    expansion: [1],
    kernel: [3],
    qkvDim: [],
    kinds: ["ibn" as const, "convnext" as const],
    ffns,
  };
  const width = Array.from({ length: widths }, (_, i) => 4 + i);
  return hybridSpace({ input: [1, 8, 8], classes: 2, stem: 2, stages: [{ ...stage, width }] });
}

/** A metric whose scores are read off genotypes by a `genotypeEvaluator`. */
export interface GenotypeMetric {
  readonly metric: Metric;
  readonly of: (genotype: Genotype) => Score;
}

export function genotypeMetric(
  id: string,
  of: (genotype: Genotype) => Score,
  direction: MetricContract["direction"] = "maximize",
): GenotypeMetric {
  const contract: MetricContract & { needs: "nothing" } = {
    name: id,
    summary: "read off a genotype",
    role: "size",
    direction,
    needs: "nothing",
    counts: "genes",
    normalisation: "none",
    softmax: "none",
    nonFinite: "as it says",
    source: "a test",
    significantDigits: 15,
  };
  const score = () => {
    throw new Error("the evaluator of a test reads genotypes");
  };
  return { metric: { id, contract, score }, of };
}

/** The share of expressed genes of a role that have a wanted value: the easiest thing to evolve. */
export function likeness(space: Space, role: Role, wanted: Genotype): GenotypeMetric {
  return genotypeMetric(`likeness-${role}`, (genotype) => {
    const counted = space.genes.flatMap((gene, i) => (gene.role === role && space.isExpressed(genotype, i) ? [i] : []));
    return counted.filter((i) => genotype[i] === wanted[i]).length / counted.length;
  });
}

export function scoresOf({ genotype, metrics }: Candidate, known: readonly GenotypeMetric[]): Scores {
  return Object.fromEntries(
    metrics.map(({ id }) => [id, known.find(({ metric }) => metric.id === id)?.of(genotype) ?? Number.NaN]),
  );
}

export function genotypeEvaluator(...known: readonly GenotypeMetric[]): Evaluator {
  return { evaluate: (candidate) => scoresOf(candidate, known) };
}

/** What was seen of a run. */
export interface Watched<T = Outcome> {
  readonly outcome: T;
  readonly history: readonly Evaluation[];
  /** Genotypes that were asked for, by what they express and the metric, as often as they were. */
  readonly asked: ReadonlyMap<string, number>;
}

/** Runs a search to its end, and fails where it asks too far ahead or goes on for ever. */
export function watched<T>(space: Space, algorithm: Asking<T>, ...known: readonly GenotypeMetric[]): Watched<T> {
  const underWay: Candidate[] = [];
  const history: Evaluation[] = [];
  const asked = new Map<string, number>();
  let told: Evaluation | undefined;
  let idle = 0;
  for (;;) {
    const step = algorithm.next(told);
    told = undefined;
    if (step.done) return { outcome: step.value, history, asked };
    if (++idle > 1000) throw new Error("the search asks for nothing and waits for nothing");
    if ("ask" in step.value) {
      const { ask } = step.value;
      idle = 0;
      underWay.push(ask);
      if (underWay.length > LOOK_AHEAD) throw new Error(`asked ${underWay.length} candidates ahead`);
      for (const { id } of ask.metrics) {
        const key = `${id}: ${keyOf(space, ask.genotype)}`;
        asked.set(key, (asked.get(key) ?? 0) + 1);
      }
    } else {
      const candidate = underWay.shift();
      if (candidate === undefined) throw new Error("waits for a candidate that it has not asked for");
      told = { candidate, scores: scoresOf(candidate, known) };
      history.push(told);
    }
  }
}
