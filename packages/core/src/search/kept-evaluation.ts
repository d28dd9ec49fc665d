/**
 * @file Evaluations as searches keep them: all that a phase has scored stays, since anything of it may become young again or end
 * first, and there may be hundreds of thousands. A genotype is kept as a byte a gene and laid out again when it is asked for.
 */

import type { Scores } from "../metrics/metric.js";
import { packed, unpacked } from "../spaces/identity.js";
import type { Genotype, Space } from "../spaces/space.js";
import type { Candidate, Evaluation } from "./algorithm.js";

/** Makes evaluations of a phase small. */
export type Keeper = (genotype: Genotype, scores: Scores) => Evaluation;

/** @param candidate What is asked for by a genotype. */
export function keeperOf(space: Space, candidate: (genotype: Genotype) => Candidate): Keeper {
  class KeptEvaluation implements Evaluation {
    readonly scores: Scores;
    readonly #genes: string;

    constructor(genotype: Genotype, scores: Scores) {
      this.#genes = packed(space, genotype);
      this.scores = scores;
    }

    get candidate(): Candidate {
      return candidate(unpacked(space, this.#genes));
    }
  }
  return (genotype, scores) => new KeptEvaluation(genotype, scores);
}
