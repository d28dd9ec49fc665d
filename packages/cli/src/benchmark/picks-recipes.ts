/** @file What the recipes of `esnas search` compare the networks of a table by. */

import { type Objective, objectiveOf, recipeNames, recipes, type Space, trainingNames } from "@esnas/core/internal";

export interface RecipeObjective {
  /** `recipe recommended, long` */
  readonly name: string;
  readonly objective: Objective;
}

/** Their size metrics; where all sizes of the space are frozen, their topology metrics. A metric for every training is there once. */
export function recipeObjectives(space: Space): RecipeObjective[] {
  const isSized = space.genes.some(({ role, values }) => role === "size" && values.length > 1);
  return recipeNames.flatMap((recipe) => {
    const trainings = new Map<string, string[]>();
    for (const training of trainingNames) {
      const { sizeMetric, topologyMetric } = recipes[recipe].metrics[training];
      const metric = isSized ? sizeMetric : topologyMetric;
      trainings.set(metric, [...(trainings.get(metric) ?? []), training]);
    }
    return [...trainings].map(([metric, names]) => ({
      name: `recipe ${[recipe, ...(names.length < trainingNames.length ? names : [])].join(", ")}`,
      objective: objectiveOf(metric),
    }));
  });
}
