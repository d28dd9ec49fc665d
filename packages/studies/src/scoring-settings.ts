/**
 * @file Which input do Entropic Scores need? Rank correlation of smaller images and batches with the full setting (256 x 256,
 * batch 16) over random candidates, with sizes free and with sizes frozen, as the topology phase has them.
 */

import {
  familyBudgets,
  type Genotype,
  hybridSpace,
  metricOf,
  sample,
  sampleWithin,
  seededRandom,
} from "@esnas/core/internal";
import { sampleRankCorrelation } from "simple-statistics";
import { nodeScorer } from "./common/node-scorer.js";
import { printTable, type Row, writeResults } from "./common/results.js";

const CANDIDATES = 200;
const RESOLUTIONS = [32, 64, 128, 256];
const BATCHES = [1, 2, 4, 16];
const FULL = "entropic-score(batch=16,resolution=256)";

const space = hybridSpace();

async function scoresBy(id: string, genotypes: readonly Genotype[], seed: number) {
  const metric = metricOf(id);
  const scorer = nodeScorer({ seed });
  const scores: number[] = [];
  const start = performance.now();
  for (const genotype of genotypes) scores.push(Number(await scorer.score(space.build(genotype), metric)));
  await scorer.release();
  return { scores, milliseconds: (performance.now() - start) / genotypes.length };
}

async function study(name: string, genotypes: readonly Genotype[]): Promise<Row[]> {
  const full = await scoresBy(FULL, genotypes, 0);
  const reseeded = await scoresBy(FULL, genotypes, 1);
  const row = (resolution: number, batch: number, seed: number, { scores, milliseconds }: typeof full): Row => ({
    candidates: name,
    resolution,
    batch,
    seed,
    spearman: sampleRankCorrelation(full.scores, scores),
    milliseconds,
  });
  const rows: Row[] = [row(256, 16, 1, reseeded)];
  for (const resolution of RESOLUTIONS) {
    for (const batch of BATCHES) {
      if (resolution === 256 && batch === 16) continue;
      const seed = 0;
      rows.push(
        row(
          resolution,
          batch,
          seed,
          await scoresBy(`entropic-score(resolution=${resolution},batch=${batch})`, genotypes, seed),
        ),
      );
    }
  }
  return rows;
}

export async function scoringSettings(): Promise<void> {
  const random = seededRandom(0);
  const free = Array.from({ length: CANDIDATES }, () => sampleWithin(space, familyBudgets.s0, random));
  const [base = sample(space, random)] = free;
  const frozen = Array.from({ length: CANDIDATES }, () => sample(space, random, "topology", base));
  const rows = [...(await study("sizes free", free)), ...(await study("sizes frozen", frozen))];
  printTable(rows);
  writeResults("scoring-settings", rows);
}
