/** @file Networks that differ in their classes alone score the same by forward runs, which end before the classifier. */

import { type Space, spaceOf } from "@esnas/core/internal";

/**
 * The space whose networks are run in place of a space's: what one dataset's runs have scored, the other's need not. CIFAR-100's
 * networks are those of CIFAR-10, the default of the spaces that have datasets, but for their classes.
 */
export function spaceOfRuns(space: Space): Space {
  const { dataset, ...options } = space.options;
  return dataset === "c100" ? spaceOf(space.name, options) : space;
}
