/** @file A thread of our side: scores the genotypes that it is sent, one after the other, and says how long it took. */

import { parentPort } from "node:worker_threads";
import {
  architectureCosts,
  esformerGenotype,
  type FamilyName,
  type Genotype,
  metricOf,
  type Score,
} from "@esnas/core/internal";
import { nodeScorer } from "../common/node-scorer.js";

export interface ThreadTask {
  readonly preset: FamilyName;
  readonly metric: string;
  readonly genotypes: readonly Genotype[];
}

export interface ThreadTiming {
  readonly ms: number;
  readonly scores: readonly Score[];
}

const scorer = nodeScorer({ seed: 0 });
const spaces = new Map<FamilyName, ReturnType<typeof esformerGenotype>["space"]>();

parentPort?.on("message", async ({ preset, metric: id, genotypes }: ThreadTask) => {
  const space = spaces.get(preset) ?? esformerGenotype(preset).space;
  spaces.set(preset, space);
  const metric = metricOf(id);
  const scores: Score[] = [];
  const start = performance.now();
  for (const genotype of genotypes) {
    const architecture = space.build(genotype);
    architectureCosts(architecture);
    scores.push(await scorer.score(architecture, metric));
  }
  const timing: ThreadTiming = { ms: performance.now() - start, scores };
  parentPort?.postMessage(timing);
});
