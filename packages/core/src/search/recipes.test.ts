import { describe, expect, test } from "vitest";
import { objectiveOf } from "../objective/objective.js";
import { metricsOfRecipe, recipeNames, recipeOf, recipes, trainingNames } from "./recipes.js";

describe.each(recipeNames)("the recipe %s", (recipe) => {
  test.each(trainingNames)("names metrics for a %s training as searches record them", (training) => {
    const { topologyMetric, sizeMetric } = recipes[recipe].metrics[training];
    expect(objectiveOf(topologyMetric).id).toBe(topologyMetric);
    expect(objectiveOf(sizeMetric).id).toBe(sizeMetric);
    expect(recipeOf({ topologyMetric, sizeMetric })?.recipe).toBe(recipe);
  });
});

test("the training is found again by the metrics of the recommended recipe", () => {
  for (const training of trainingNames) {
    expect(recipeOf(metricsOfRecipe("recommended", training))).toEqual({ recipe: "recommended", training });
  }
});

test("metrics of no recipe are of none", () => {
  expect(recipeOf({ topologyMetric: "naswot", sizeMetric: "logsynflow" })).toBeUndefined();
});

test("the paper's recipe takes no training, and names that are not known are refused with those that are", () => {
  expect(() => metricsOfRecipe("paper", "short")).toThrow("leave the training out");
  expect(() => metricsOfRecipe("papier" as never)).toThrow('Did you mean "paper"?');
  expect(() => metricsOfRecipe("recommended", "lange" as never)).toThrow("long, short");
});
