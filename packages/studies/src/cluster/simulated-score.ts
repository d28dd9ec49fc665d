/** @file Scores that are waited for as long as real ones, and then made up: what is left is the cost of all that is around them. */

import { setTimeout as pause } from "node:timers/promises";
import type { Genotype } from "@esnas/core/internal";
import type { NetworkOutcome } from "esnas/dist/scoring/scoring-service.js";
import type { ScoringTask } from "esnas/dist/scoring/scoring-task.js";

/** From 0 to 1, always the same of a genotype. */
export function madeUp(genotype: Genotype): number {
  let hash = 2166136261;
  for (const letter of genotype.join()) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  return (hash >>> 0) / 2 ** 32;
}

/** One after another, as a process scores them. */
export async function simulated({ genotypes, columns }: ScoringTask, milliseconds: number): Promise<NetworkOutcome[]> {
  if (milliseconds > 0) await pause(genotypes.length * milliseconds);
  return genotypes.map((genotype) => ({ scores: columns.map(() => madeUp(genotype)) }));
}
