/** @file Candidates as searches ask for them: a topology phase at the sizes of a model, and mutations of sizes. */

import {
  drive,
  type FamilyName,
  type Genotype,
  keyOf,
  localEvaluator,
  mutate,
  objectiveOf,
  POPULATION_SIZE,
  sample,
  seededRandom,
  withinBounds,
} from "@esnas/core/internal";
import { nodeScorer } from "../common/node-scorer.js";
import { onePhase } from "../common/one-phase.js";
import { esformer } from "../speed/subjects.js";

/**
 * The topologies that evolution by the Entropic Score asks for, in order, with the sizes of a model of the family frozen. No
 * budget holds: the model fills its own, so that few other topologies of its sizes keep it.
 */
export async function topologyPhase(preset: FamilyName, count: number): Promise<Genotype[]> {
  const { space, genotype } = esformer(preset).surroundings;
  const random = seededRandom(1);
  const phase = onePhase({
    space,
    role: "topology",
    initial: Array.from({ length: POPULATION_SIZE }, () => sample(space, random, "topology", genotype)),
    evaluations: count,
    objective: objectiveOf("entropic-score"),
    admit: (child) => child,
  });
  const scorer = nodeScorer({ seed: 0 });
  const asked: Genotype[] = [];
  await drive(phase, {
    space,
    evaluator: localEvaluator(space, scorer),
    onEvaluation: ({ candidate }) => {
      asked.push(candidate.genotype);
    },
  });
  await scorer.release();
  return asked;
}

/** Sizes within the budget, each a mutation of an earlier one, none twice. */
export function sizePhase(preset: FamilyName, count: number): Genotype[] {
  const { space, constraints, genotype } = esformer(preset).surroundings;
  const random = seededRandom(0);
  const found = new Map([[keyOf(space, genotype), genotype]]);
  while (found.size <= count) {
    const child = mutate(space, random.pick([...found.values()]), random, "size");
    if (withinBounds(space, constraints, child)) found.set(keyOf(space, child), child);
  }
  return [...found.values()].slice(1);
}
