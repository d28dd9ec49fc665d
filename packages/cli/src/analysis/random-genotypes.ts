/** @file What the genotypes that searches found are held against: random ones within the same budget. */

import { setImmediate } from "node:timers/promises";
import { checkConstraints, constraintsIn, type Genotype, sampleWithin, seededRandom } from "@esnas/core/internal";
import type { Runs } from "./finished-runs.js";

/**
 * Draws as many genotypes as are wanted within the budget of runs.
 * @param onDrawn Told how many there are.
 * @throws {InfeasibleError} where there are none.
 */
export async function randomGenotypes(
  { space, settings }: Pick<Runs, "space" | "settings">,
  wanted: number,
  seed: number,
  onDrawn: (drawn: number) => void,
): Promise<Genotype[]> {
  const constraints = constraintsIn(settings);
  checkConstraints(space, constraints);
  const random = seededRandom(seed);
  const drawn: Genotype[] = [];
  while (drawn.length < wanted) {
    drawn.push(sampleWithin(space, constraints, random));
    onDrawn(drawn.length);
    if (drawn.length % 20 === 0) await setImmediate();
  }
  return drawn;
}
