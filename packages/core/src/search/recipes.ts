/**
 * @file What a search compares networks by, where the user does not say: the paper's metrics, or those that the evidence speaks for, which
 * hang on how long the network will be trained (docs/which-metric.md).
 */

import { InputError, unknownName } from "../base/errors.js";

/** How long the network that is found will be trained. */
export const trainings = {
  long: "hundreds of epochs, or a data set such as ImageNet",
  short: "a few epochs or minutes, or few images",
} as const;

/** How long a network will be trained: `long` or `short`. */
export type TrainingName = keyof typeof trainings;
export const trainingNames = Object.keys(trainings) as TrainingName[];

/** What topologies and sizes are compared by. */
export interface RecipeMetrics {
  /** Of topologies, as `--topology-metric` takes it. */
  readonly topologyMetric: string;
  /** Of sizes, as `--size-metric` takes it. */
  readonly sizeMetric: string;
}

/** Metrics by how long networks are trained. */
export interface Recipe {
  /** One line for `--help`. */
  readonly summary: string;
  /** By training. */
  readonly metrics: Readonly<Record<TrainingName, RecipeMetrics>>;
}

const paper: RecipeMetrics = { topologyMetric: "entropic-score", sizeMetric: "logsynflow" };

/** What `--recipe` takes. What `short` weighs depth by is fitted on hybrids that were trained, the half for choosing (docs/which-metric.md). */
export const recipes = {
  recommended: {
    summary: "what networks that were trained speak for, by --training",
    metrics: {
      long: { topologyMetric: "entropic-score", sizeMetric: "logsynflow(normalisation=divide)" },
      short: {
        topologyMetric: "entropic-score(of=l2,aggregation=progressivity,repeats=4)",
        sizeMetric: "spectral-capacity(depth=-3)",
      },
    },
  },
  paper: {
    summary: "Entropic Score and LogSynflow, as in Cavagnero et al. 2023, whatever the training",
    metrics: { long: paper, short: paper },
  },
} as const satisfies Readonly<Record<string, Recipe>>;

/** What chooses the metrics of a search: `recommended` or `paper`. */
export type RecipeName = keyof typeof recipes;
export const recipeNames = Object.keys(recipes) as RecipeName[];

export const DEFAULT_RECIPE: RecipeName = "recommended";
export const DEFAULT_TRAINING: TrainingName = "long";

/**
 * The metrics of a recipe.
 * @throws {@link InputError} where a name is not known, or a training is named for a recipe that does not ask for it.
 */
export function metricsOfRecipe(recipe: RecipeName = DEFAULT_RECIPE, training?: TrainingName): RecipeMetrics {
  if (!Object.hasOwn(recipes, recipe)) throw unknownName("recipe", recipe, recipeNames);
  if (training !== undefined && !Object.hasOwn(trainings, training)) {
    throw unknownName("training", training, trainingNames);
  }
  if (recipe === "paper" && training !== undefined) {
    throw new InputError("the paper's recipe is the same for any training: leave the training out");
  }
  return recipes[recipe].metrics[training ?? DEFAULT_TRAINING];
}

/** The recipe, and the training, that metrics are those of; the first of both where several are the same. */
export function recipeOf(
  given: RecipeMetrics,
): { readonly recipe: RecipeName; readonly training: TrainingName } | undefined {
  for (const recipe of recipeNames) {
    for (const training of trainingNames) {
      const own = recipes[recipe].metrics[training];
      const isSame = own.topologyMetric === given.topologyMetric && own.sizeMetric === given.sizeMetric;
      if (isSame) return { recipe, training };
    }
  }
  return undefined;
}
