/** @file A table of seeded cells with accuracies that are made up: a size, and chance. */

import {
  architectureCosts,
  architectureText,
  distinct,
  natsTopologySpace,
  sample,
  seededRandom,
} from "@esnas/core/internal";

export function madeUpCells(networks: number, seed: number) {
  const space = natsTopologySpace({ dataset: "in16" });
  const random = seededRandom(seed);
  const genotypes = Array.from({ length: 3 * networks }, () => sample(space, random))
    .filter(distinct(space))
    .slice(0, networks);
  const rows = genotypes.map((genotype, i) => {
    const { parameters, macs } = architectureCosts(space.build(genotype));
    const in16 = (10 + 3 * Math.log(parameters) + random.below(100) / 20).toFixed(4);
    return { index: 100 + i, architecture: architectureText(space, genotype), in16, parameters, macs };
  });
  /** Draws go on with `random`, for tables of other networks. */
  return { space, genotypes, rows, random };
}
